#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A program that is killed is reported by obkit, with a documented status.
. "$(dirname "$0")/functions.sh"
requires root busybox pgrep
scratch
make_base

dockerfile <<'END'
FROM busybox
RUN --mount=type=bind,target=/m,rw echo runs; sleep 100
END

start_build()
{
    : >"$tmp/err"
    obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
        "$tmp/context" >"$tmp/out" 2>"$tmp/err" </dev/null &
    pid=$!
    expect_soon 10 grep -q '| runs' "$tmp/err"
}

subject "a worker is killed: obexec ends with status 3, and nothing of the step is left"
start_build
builder=$(pgrep -P "$(pgrep -x -P "$pid" obexec)")
kill -KILL "$(pgrep -P "$builder")"
status=0
wait "$pid" || status=$?
expect_equal 3 "$status" "the exit status"
expect_in_stderr 'the worker process was killed by signal 9'
expect_equal "" "$(ls "$tmp/store/state/scratch")" "what is in scratch"
expect_equal "" "$(find "$tmp/store/state/log" -name '*.part')" "half a log"

start_build
subject "obexec is killed: obkit says so, and ends with status 3"
kill -KILL "$(pgrep -x -P "$pid" obexec)"
status=0
wait "$pid" || status=$?
expect_equal 3 "$status" "the exit status"
expect_in_stderr '^obkit: obexec ended with status 137$'
