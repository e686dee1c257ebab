#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A program that is killed is reported by obkit, with a documented status.
. "$(dirname "$0")/functions.sh"
requires root busybox pgrep
scratch
make_base

dockerfile <<'END'
FROM busybox
RUN sleep 100
END
obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
    "$tmp/context" >"$tmp/out" 2>"$tmp/err" </dev/null &
pid=$!
expect_soon 10 grep -q 'RUN sleep' "$tmp/err"

subject "obexec is killed: obkit says so, and ends with status 3"
kill -KILL "$(pgrep -x -P "$pid" obexec)"
status=0
wait "$pid" || status=$?
expect_equal 3 "$status" "the exit status"
expect_in_stderr '^obkit: obexec ended with status 137$'
