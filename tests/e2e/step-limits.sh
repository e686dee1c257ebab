#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --cpus, --memory and --pids bound each step, say so when it runs into them, and leave no control
# group behind.
. "$(dirname "$0")/functions.sh"
requires root busybox static
scratch
make_base
cp tests/conform/inside "$tmp/base/bin/inside"

groups()
{
    find /sys/fs/cgroup -maxdepth 12 -type d -name 'obkit-step-*' 2>/dev/null
}

# Those whose worker is gone; others may be of other builds.
leftovers()
{
    local group pid
    groups | while read -r group; do
        pid=${group##*obkit-step-}
        [ -e "/proc/${pid%-*}" ] || echo "$group"
    done
}

dockerfile <<<'FROM busybox
RUN true'
build --memory=64m --pids=20 --cpus=1
case $(cat "$tmp/err") in
*"limits of steps: "*) skip "$(sed -n 's/.*limits of steps: //p' "$tmp/err")" ;;
esac

subject "a step that uses more memory than it may is ended, and told so"
dockerfile <<<'FROM busybox
RUN inside memory 256'
build --memory=64m
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'out of memory: the step may use 64 MiB \(--memory\): '
build_ok --memory=1g
expect_equal "" "$(leftovers)" "what is left"

subject "a command that gets along with its memory is no failure"
dockerfile <<<'FROM busybox
RUN inside memory 4 && echo enough'
build_ok --memory=64m
expect_output enough

subject "a step gets as many processes as it may have, and no more"
dockerfile <<<'FROM busybox
RUN inside processes 10'
build_ok --pids=11
dockerfile <<<'FROM busybox
RUN inside processes 11'
build --pids=11
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'out of processes: the step may have 11 \(--pids\): exit status 1$'
expect_equal "" "$(leftovers)" "what is left"

subject "a fork bomb ends with its step"
dockerfile <<<'FROM busybox
RUN bomb() { bomb | bomb; }; bomb; false'
build --pids=64
expect_in_stderr 'out of processes: the step may have 64 \(--pids\)'

subject "a step gets as much of the processors as it may have"
dockerfile <<<'FROM busybox
RUN inside spin 400'
build_ok --cpus=0.2
[ "$(output)" -lt 200 ] || fail "a step with 0.2 processors got $(output) ms of 400"

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    subject "a step sees its own limits"
    dockerfile <<<'FROM busybox
RUN cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max /proc/self/cgroup'
    build_ok --memory=64m --pids=20
    expect_output $'67108864\n21\n0::/'
fi

subject "limits change no key"
dockerfile <<<'FROM busybox
RUN true # same'
build_ok
build_ok --memory=64m --pids=20 --cpus=0.5
expect_counts 2 0

subject "what a killed obexec left is removed by the next"
dockerfile <<<'FROM busybox
RUN echo here; sleep 30'
setsid obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
    --pids=20 "$tmp/context" >"$tmp/out" 2>"$tmp/err" &
expect_soon 10 grep -q here "$tmp/err"
[ -n "$(groups)" ] || fail "the step has no control group"
kill -9 -- -$!
wait $! 2>/dev/null || true
dockerfile <<<'FROM busybox
RUN true # after that'
no_leftovers()
{
    build_ok --pids=20
    [ -z "$(leftovers)" ]
}
expect_soon 10 no_leftovers
