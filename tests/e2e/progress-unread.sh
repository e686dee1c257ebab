#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A build goes on when nobody reads its progress, and never takes a file for its standard error.
. "$(dirname "$0")/functions.sh"
requires root busybox pgrep
scratch
make_base

subject "a reader of the progress that goes away does not end the build"
dockerfile <<'END'
FROM busybox
RUN for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.05; done; echo late >/late
END
spec2ir -o "$tmp/late.json" "$tmp/context/Dockerfile"
status=0
{
    obexec run --store="$store" --build-context=busybox=dir:"$tmp/base" "$tmp/late.json" "$tmp/context" \
        3>&1 >"$tmp/out" 2>&3 || echo "$?" >"$tmp/status"
} | head -n 1 >"$tmp/err"
[ ! -e "$tmp/status" ] || fail "obexec ended with status $(cat "$tmp/status")"
grep -Eqx '[0-9a-f]{64}' "$tmp/out" || fail "no id on standard output"

subject "a signal ends a build that waits for a reader who does not read"
dockerfile <<'END'
FROM busybox
RUN i=0; while [ $i -lt 20000 ]; do echo "a line of which there are many: $i"; i=$((i + 1)); done; sleep 60
END
spec2ir -o "$tmp/many.json" "$tmp/context/Dockerfile"
mkfifo "$tmp/fifo"
exec 9<>"$tmp/fifo" # a reader who does not read
obexec run --store="$store" --build-context=busybox=dir:"$tmp/base" "$tmp/many.json" "$tmp/context" \
    >/dev/null 2>"$tmp/fifo" </dev/null &
pid=$!
sleep 1
kill -TERM $pid
status=0
for ((n = 0; n < 50; n++)); do
    kill -0 $pid 2>/dev/null || break
    sleep 0.1
done
[ $n -lt 50 ] || fail "it still runs"
wait $pid || status=$?
expect_equal 130 "$status" "the exit status"
exec 9<&-

subject "so does --timeout"
for style in plain json tty; do
    exec 9<>"$tmp/fifo"
    began=$(date +%s%N)
    status=0
    timeout -s KILL 30 obexec run --store="$store" --build-context=busybox=dir:"$tmp/base" --timeout=1s \
        --progress=$style "$tmp/many.json" "$tmp/context" >/dev/null 2>"$tmp/fifo" </dev/null || status=$?
    exec 9<&-
    expect_equal 1 "$status" "the exit status with $style"
    [ $(($(date +%s%N) - began)) -lt 4000000000 ] || fail "with $style it ended too late"
done

subject "a reader who is only slow misses nothing of a build that has its time"
obexec run --store="$store" --build-context=busybox=dir:"$tmp/base" --timeout=20s --no-cache \
    "$tmp/late.json" "$tmp/context" 2>&1 >/dev/null | (sleep 2; cat) >"$tmp/slow"
grep -q ' 2 steps: ' "$tmp/slow" || grep -q '^2 steps: ' "$tmp/slow" || fail "the end is missing"

subject "a closed standard error is not taken by a file of the store"
dockerfile <<'END'
FROM busybox
RUN sleep 1
END
spec2ir -o "$tmp/closed.json" "$tmp/context/Dockerfile"
obexec run --store="$store" --build-context=busybox=dir:"$tmp/base" "$tmp/closed.json" \
    <&- >"$tmp/out" 2>&- &
pid=$!
is_running_step()
{
    pgrep -P "$pid" >/dev/null
}
expect_soon 10 is_running_step
for fd in 0 2; do
    expect_equal /dev/null "$(readlink "/proc/$pid/fd/$fd")" "descriptor $fd"
done
wait "$pid" || fail "obexec ended with status $?"

subject "an id that can't be printed is an error"
status=0
obexec run --store="$store" "$tmp/closed.json" >&- 2>"$tmp/err" || status=$?
expect_equal 3 "$status" "the exit status"
