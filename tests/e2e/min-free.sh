#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --min-free: old results make room, before a build and while it runs.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

mkdir "$tmp/small"
mount -t tmpfs -o size=64m tmpfs "$tmp/small"
store=overlayfs:$tmp/small/store

free()
{
    df --output=avail -B 1M "$tmp/small" | tail -n 1 | tr -d ' '
}

# A build of steps that write so many MiB each: write NAME MIB...
write()
{
    local name=$1 i=0
    shift
    {
        echo FROM busybox
        for mib; do
            echo "RUN : $name$((++i)); dd if=/dev/zero of=/$name$i bs=1M count=$mib 2>/dev/null; sleep 0.2"
        done
    } >"$tmp/context/Dockerfile"
}

subject "without it, a full disk is an error"
write old 20 20
build_ok
write new 30
build
[ "$status" = 1 ] || [ "$status" = 3 ] || fail "the build ended with status $status"

subject "before a build, old results make room"
build_ok --min-free=40m
expect_counts 1 1
expect_in_stderr '^little space was free: removed [0-9]+ old results?, [0-9.]+ [KM]iB$'
expect_exit 0 obexec ls --store="$store"
! grep -q ": old" "$tmp/out" || fail "an old result is still there"

subject "what can't be had is told"
build_ok --min-free=1000g
expect_in_stderr '^little space was free: removed [0-9]+ old results?, .*; it is still less than --min-free asks for$'
write new 30 # goes on as before
build_ok

subject "a share of the disk"
[ "$(free)" -lt 35 ] || fail "$(free) MiB are free"
write last 1
build_ok --min-free=90%
expect_exit 0 obexec ls --store="$store"
! grep -q ": new" "$tmp/out" || fail "the old result is still there"

subject "who is interrupted while it runs does not wait for it"
expect_exit 0 obexec clean --store="$store"
write old 10
build_ok
printf 'FROM busybox\nRUN dd if=/dev/zero of=/one bs=1M count=10; sleep 1\nRUN echo here; sleep 1000\n' | dockerfile
(
    obkit build --store="$store" --build-context=busybox=dir:"$tmp/base" --progress=plain \
        --min-free=45m "$tmp/context" >"$tmp/out" 2>"$tmp/err" 9<&- &
    expect_soon 10 grep -q 'records out' "$tmp/err"
    flock 9 # which keeps it from removing anything
    expect_soon 10 grep -q '| here' "$tmp/err"
    kill $!
    SECONDS=0 status=0
    wait $! || status=$?
    expect_equal 130 "$status" "the exit status"
    [ $SECONDS -lt 3 ] || fail "it took $SECONDS s"
) 9<"$tmp/small/store/state/unsynced"

subject "and while it runs"
expect_exit 0 obexec clean --store="$store"
write old 10
build_ok
write more 10 10 10 10
build_ok --min-free=20m
expect_exit 0 obexec ls --store="$store"
! grep -q ": old1" "$tmp/out" || fail "the old result is still there"
expect_equal 4 "$(grep -c ": more" "$tmp/out")" "the number of the build's own results"
