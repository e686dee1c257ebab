#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A step that prints without end does not fill the store: of its log the head and the tail stay.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
ln -s busybox "$tmp/base/bin/yes"

dockerfile <<'END'
FROM busybox
RUN echo first; yes something | head -c 73400320; echo; echo last
END
run obkit build --store="$store" --progress=quiet --build-context=busybox=dir:"$tmp/base" "$tmp/context"
expect_equal 0 "$status" "the exit status"
id=$(cat "$tmp/out")

expect_exit 0 obexec log --store="$store" "$id"
expect_equal first "$(head -n 1 "$tmp/out")" "the first line"
expect_equal last "$(tail -n 1 "$tmp/out")" "the last line"
expect_equal 1 "$(grep -c -E '^\[obexec: 52[0-9]{5} bytes are left out here\]$' "$tmp/out")" \
    "the number of lines that say what is not there"
expect_equal "" "$(tail -n 1000 "$tmp/out" | grep -v -e '^something$' -e '^last$' -e '^[someting]*$')" \
    "what is no line of the step"
[ "$(stat -c %s "$tmp/store/state/log/$id")" -lt $((66 << 20)) ] || fail "the log is too large"
