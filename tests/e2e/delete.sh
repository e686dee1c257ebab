#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# delete and clean: results go with what was built on them, and each is counted once.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

three_steps()
{
    dockerfile <<'END'
FROM busybox
RUN : parent
RUN : child
END
    build_ok
    expect_exit 0 obexec ls --store="$store"
    parent=$(sed -n 's/ .*RUN : parent$//p' "$tmp/out")
    child=$(sed -n 's/ .*RUN : child$//p' "$tmp/out")
}

subject "a result and what goes with it, by one command, in either order"
three_steps
expect_exit 0 obexec delete --store="$store" "$parent" "$child"
expect_stdout "2 results removed"
three_steps
expect_exit 0 obexec delete --store="$store" "$child" "$parent" "$child"
expect_stdout "2 results removed"

subject "an id that is none removes nothing"
three_steps
expect_exit 1 obexec delete --store="$store" "$child" 00000000
expect_stderr 'obexec: no result "00000000" in the store'
build_ok
expect_counts 3 0

subject "clean counts each result once, whichever comes first"
for dir in "$tmp"/store/result/"$parent"*; do # a tmpfs lists first what was moved last
    mv "$dir" "$tmp/moved"
    mv "$tmp/moved" "$dir"
done
expect_exit 0 obexec clean --store="$store"
expect_stdout "3 results removed"
