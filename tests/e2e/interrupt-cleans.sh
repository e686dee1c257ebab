#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SIGINT and SIGTERM, to one program or to all of them as a terminal does, end a build, with status
# 130, and nothing is left of it. A step that does not end is killed when the grace time is over.
# shellcheck disable=SC2009 # pgrep would find us too
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
set -m # background jobs are process groups, and do not ignore SIGINT

# A step that ignores signals, with children of all kinds. The seconds tell our sleeps from others'.
seconds=$((100000 + $$))
dockerfile <<END
FROM busybox
RUN touch /early
RUN --mount=type=bind,target=/m,rw trap '' INT TERM HUP; sleep $seconds & (sleep $seconds &); \\
    setsid sleep $seconds & echo started; sleep $seconds
END
ln -s busybox "$tmp/base/bin/setsid"

build_args=(--store="$store" --progress=plain --grace=0.3s --build-context=busybox=dir:"$tmp/base")
spec2ir -o "$tmp/ir" "$tmp/context/Dockerfile"

sleepers()
{
    pgrep -a -f "^sleep $seconds" || :
}

# What the machine has of us: mounts, temporary directories, and the store's files but for logs and the
# index, which are to change. Control groups are step-limits.sh's.
leftovers()
{
    cat /proc/mounts
    # Not what other tests are making meanwhile: obkit-TEST-XXXXXX.
    find /tmp /run /var/tmp -maxdepth 1 2>/dev/null |
        sed -En '/obkit/{/\/obkit-[a-z0-9]+[-.][A-Za-z0-9]{6}$/!p}' | sort
    find "$tmp/store" -path '*/state/*' -prune -o -print | sort
    find "$tmp/store/state/log" -name '*.part'
    find "$tmp/store/state/scratch" -mindepth 1 2>/dev/null || :
}

has_started()
{
    grep -q '| started' "$tmp/build.err"
}

milliseconds()
{
    echo $(($(date +%s%N) / 1000000))
}

# HOW SIGNAL: `obexec`, `obkit` (the one process) or `group` (obkit and all below, as Ctrl-C)
interrupted()
{
    local how=$1 signal=$2 pid took got=0
    : >"$tmp/build.err"
    if [ "$how" = obexec ]; then
        obexec "${build_args[@]}" "$tmp/ir" "$tmp/context" \
            >"$tmp/build.out" 2>"$tmp/build.err" &
    else
        obkit build "${build_args[@]}" "$tmp/context" \
            >"$tmp/build.out" 2>"$tmp/build.err" &
    fi
    pid=$!
    expect_soon 10 has_started
    local start
    start=$(milliseconds)
    if [ "$how" = group ]; then
        kill -s "$signal" -- -$pid
    else
        kill -s "$signal" $pid
    fi
    wait $pid || got=$?
    took=$(($(milliseconds) - start))
    [ $got = 130 ] || {
        cat "$tmp/build.err"
        fail "$signal to $how: exit status $got"
    }
    [ $took -le 1500 ] || fail "$signal to $how: it took $took ms"
    expect_equal "" "$(cat "$tmp/build.out")" "standard output"
    grep -q '^obexec: interrupted$' "$tmp/build.err" || fail "$signal to $how: nothing was said"
    expect_equal "" "$(sleepers)" "what still runs after $signal to $how"
    leftovers >"$tmp/after"
    diff -u "$tmp/before" "$tmp/after" || fail "$signal to $how left something"
}

subject "before: a build whose last step fails"
sed '$d; s/^RUN .*trap.*/RUN false/' "$tmp/context/Dockerfile" >"$tmp/fails"
build -f "$tmp/fails"
[ "$status" = 1 ] || {
    show_run
    fail "the first build"
}
leftovers >"$tmp/before"
expect_equal "" "$(sleepers)" "what sleeps before"

for how in obexec obkit group; do
    for signal in INT TERM HUP; do
        subject "SIG$signal to $how"
        interrupted $how $signal
    done
done

subject "a signal before the step runs: while spec2ir is still reading"
mkfifo "$tmp/fifo"
obkit build "${build_args[@]}" -f "$tmp/fifo" "$tmp/context" 2>"$tmp/build.err" &
pid=$!
sleep 0.2
kill -TERM $pid
got=0
wait $pid || got=$?
expect_equal 130 $got "the exit status"

subject "the log of what was interrupted is kept, and the next run works"
expect_exit 0 find "$tmp/store/state/log" -name '*.failed'
[ -s "$tmp/out" ] || fail "no log was kept"
sed '$d; s/^RUN .*trap.*/RUN echo fine/' "$tmp/context/Dockerfile" >"$tmp/works"
build_ok -f "$tmp/works"
expect_output fine
expect_counts 2 1
expect_exit 0 obexec ls --store="$store"
expect_equal "" "$(find "$tmp/store/tmp" -mindepth 1)" "what is left in the store's tmp"
