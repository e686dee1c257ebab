#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A step that several builds wait for goes on as long as one of them is left.
# shellcheck disable=SC2009 # pgrep would find us too
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
set -m # background jobs do not ignore SIGINT

seconds=$((100000 + $$))
sleepers()
{
    pgrep -a -f "^sleep $seconds" || :
}
sleeps()
{
    [ -n "$(sleepers)" ]
}
none_sleeps()
{
    [ -z "$(sleepers)" ]
}

dockerfile <<END
FROM busybox
RUN echo begun; sleep $seconds & echo ours; while ! [ -e /tmp/go ]; do sleep 0.05; done; echo ended
END
# The step ends when /tmp/go is in its sandbox: through the host's view of its process.
let_it_end()
{
    local pid
    pid=$(pgrep -f "^sleep $seconds" | head -n 1)
    touch "/proc/$pid/root/tmp/go"
}
mkdir -p "$tmp/base/tmp"
spec2ir -o "$tmp/ir" "$tmp/context/Dockerfile"

start()
{
    : >"$tmp/err$1"
    obexec --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
        "$tmp/ir" "$tmp/context" >"$tmp/out$1" 2>"$tmp/err$1" </dev/null &
    pids[$1]=$!
}

ends_with()
{
    local got=0
    wait "${pids[$1]}" || got=$?
    [ $got = "$2" ] || {
        cat "$tmp/err$1"
        fail "build $1 ended with status $got"
    }
}

shows()
{
    grep -q "$2" "$tmp/err$1"
}

attach()
{
    start 1
    expect_soon 10 shows 1 '| ours'
    start 2
    expect_soon 10 shows 2 '| ours'
}

subject "the one that builds leaves: it is gone at once, and the other gets the result"
attach
kill -INT "${pids[1]}"
ends_with 1 130
sleeps || fail "the step has ended with the build that left"
let_it_end
ends_with 2 0
expect_soon 5 none_sleeps
shows 2 '| begun' && shows 2 '| ended' || fail "the second has not shown the whole log"
shows 2 ': cached' || fail "the second has built the step itself"
obexec clean --store="$store" >/dev/null

subject "the one that waits leaves: the other goes on"
attach
kill -TERM "${pids[2]}"
ends_with 2 130
let_it_end
ends_with 1 0
obexec clean --store="$store" >/dev/null

subject "when the last one leaves, the step ends"
attach
kill -INT "${pids[1]}"
ends_with 1 130
kill -INT "${pids[2]}"
ends_with 2 130
expect_soon 5 none_sleeps
expect_exit 0 obexec ls --store="$store"
expect_equal "" "$(find "$tmp/store/tmp" -mindepth 1)" "what is left in the store's tmp"

subject "whoever reads from the one that left is not kept waiting"
start 2
expect_soon 10 shows 2 '| ours'
kill -INT "${pids[2]}"
ends_with 2 130
(
    obexec --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
        "$tmp/ir" "$tmp/context" 2>&1 </dev/null &
    echo $! >"$tmp/pid"
    wait
) | cat >"$tmp/err1" &
reader=$!
expect_soon 10 shows 1 '| ours'
start 2
expect_soon 10 shows 2 '| ours'
kill -TERM "$(cat "$tmp/pid")"
for ((n = 0; n < 50; n++)); do
    kill -0 $reader 2>/dev/null || break
    sleep 0.1
done
[ $n -lt 50 ] || fail "the reader still waits"
let_it_end
ends_with 2 0
obexec clean --store="$store" >/dev/null

subject "two that wait for each other's steps, and are both left, end"
dockerfile_of()
{
    cat <<END
FROM busybox AS a
RUN echo $1-begun; sleep $seconds
FROM busybox AS b
RUN echo $2-begun; sleep $seconds
FROM busybox
COPY --from=a /bin/busybox /a
COPY --from=b /bin/busybox /b
END
}
start_of() # NUMBER FIRST SECOND
{
    dockerfile_of "$2" "$3" >"$tmp/d$1"
    spec2ir -o "$tmp/ir$1" "$tmp/d$1"
    : >"$tmp/err$1"
    obexec --store="$store" --progress=plain -j2 --build-context=busybox=dir:"$tmp/base" \
        "$tmp/ir$1" "$tmp/context" >"$tmp/out$1" 2>"$tmp/err$1" </dev/null &
    pids[$1]=$!
}
start_of 1 one two
expect_soon 10 shows 1 '| one-begun'
expect_soon 10 shows 1 '| two-begun'
start_of 2 one two
expect_soon 10 shows 2 '| two-begun'
kill -INT "${pids[1]}"
ends_with 1 130
kill -INT "${pids[2]}"
ends_with 2 130
expect_soon 10 none_sleeps

subject "the one that builds is killed: the other builds the step again"
attach
kill -KILL "${pids[1]}"
wait "${pids[1]}" 2>/dev/null || :
sleep 0.3
expect_soon 10 sleeps
let_it_end
ends_with 2 0

subject "a failure is shared, but not one that can come from the secret that was given"
echo bad >"$tmp/bad"
echo good >"$tmp/good"
expect_second() # STATUS, COMMAND...
{
    local want=$1 got=0 secret first
    shift
    printf 'FROM busybox\nRUN %s\n' "$*" | dockerfile
    for secret in bad good; do
        obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
            --secret=id=s,src="$tmp/$secret" "$tmp/context" >/dev/null 2>"$tmp/err.$secret" &
        [ $secret = good ] || first=$!
        expect_soon 10 grep -q '| begins' "$tmp/err.$secret"
    done
    wait $! || got=$?
    expect_equal "$want" "$got" "the exit status of who waited"
    ! wait "$first" || fail "the first build succeeded"
}
expect_second 1 'echo begins; sleep 1; false'
expect_equal 1 "$(grep -c '| begins' "$tmp/err.good")" "the number of times that who waited has seen it"
expect_second 0 '--mount=type=secret,id=s echo begins; sleep 1; grep good /run/secrets/s'
