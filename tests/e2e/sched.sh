#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What starts when, what goes on after a failure, and what is ended for taking too long.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

milliseconds()
{
    echo $(($(date +%s%N) / 1000000))
}

subject "the critical path starts first"
dockerfile <<'END'
FROM busybox AS short1
RUN echo short1
FROM busybox AS short2
RUN echo short2
FROM busybox AS long
RUN echo long1
RUN echo long2
RUN echo long3
FROM busybox
COPY --from=short1 /bin/busybox /a
COPY --from=short2 /bin/busybox /b
COPY --from=long /bin/busybox /c
END
build_ok -j1
first=$(grep -o '| \(short\|long\)[0-9]$' "$tmp/err" | head -n 1)
expect_equal "| long1" "$first" "what runs first with one worker"

subject "a step that waits, for another process or a cache, keeps nobody from running"
dockerfile <<'END'
FROM busybox AS same
RUN --mount=type=cache,target=/c,sharing=locked echo holding; sleep 1000
RUN echo on the; echo critical; echo path
FROM busybox AS locked
RUN --mount=type=cache,target=/c,sharing=locked echo has the cache
RUN echo behind it
FROM busybox AS free
RUN echo runs
FROM busybox
COPY --from=same /bin/busybox /a
COPY --from=locked /bin/busybox /b
COPY --from=free /bin/busybox /c
END
spec2ir --from=dockerfile -O0 -o "$tmp/waits.json" "$tmp/context/Dockerfile"
for name in holder waiter; do
    [ $name = waiter ] && only=() || only=(--target=same)
    obexec --store="$store" --build-context=busybox=dir:"$tmp/base" --progress=plain -j1 "${only[@]}" \
        "$tmp/waits.json" "$tmp/context" >"$tmp/out.$name" 2>"$tmp/err.$name" </dev/null &
    builds+=($!)
    expect_soon 10 grep -q '| holding' "$tmp/err.$name"
done
expect_soon 10 grep -q '| runs' "$tmp/err.waiter"
grep -q 'waiting for cache' "$tmp/err.waiter" || fail "the cache is free"
! grep -q '| has the cache' "$tmp/err.waiter" || fail "the cache was not locked"
kill "${builds[@]}"
wait "${builds[@]}" || true

subject "nor does its time pass for --step-timeout"
{
    for i in 1 2 3 4; do
        echo "FROM busybox AS s$i"
        echo "RUN --mount=type=cache,target=/c,sharing=locked sleep 0.5; : $i"
    done
    echo FROM busybox
    for i in 1 2 3 4; do
        echo "COPY --from=s$i /bin/busybox /$i"
    done
} | dockerfile
build_ok -j1 --step-timeout=1.5s

dockerfile <<'END'
FROM busybox AS bad
RUN echo bad; sleep 0.2; exit 3
RUN echo never
FROM busybox AS good
RUN sleep 0.5; echo good1
RUN echo good2
FROM busybox
COPY --from=bad /bin/busybox /a
COPY --from=good /bin/busybox /b
END
subject "after a failure what runs is finished, and nothing else starts"
build -j4
expect_equal 1 "$status" "the exit status"
expect_in_stderr '\| good1'
! grep -q '| good2' "$tmp/err" || fail "a step was started after the failure"

subject "--keep-going builds what does not need the failed step"
build -j4 --keep-going
expect_equal 1 "$status" "the exit status"
expect_in_stderr '\| good2'
! grep -q '| never' "$tmp/err" || fail "a step that needs the failed one was started"
expect_in_stderr '1 failed'
expect_in_stderr '3 not run'

subject "--no-cache runs every command again, and disturbs nothing"
dockerfile <<'END'
FROM busybox
RUN echo once
END
build_ok
build_ok --no-cache
expect_output once
build_ok
expect_counts 2 0

subject "--step-timeout ends the step with TERM, then KILL, and the failure says why"
dockerfile <<'END'
FROM busybox
RUN trap 'echo asked' TERM; sleep 60 & wait; trap '' TERM; sleep 61
END
start=$(milliseconds)
build --step-timeout=0.3s --grace=0.3s
took=$(($(milliseconds) - start))
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'failed after .*: it took longer than --step-timeout allows'
expect_in_stderr '\| asked'
[ $took -lt 3000 ] || fail "it took $took ms"
[ $took -ge 600 ] || fail "it took $took ms only: no time of grace"

subject "a command that ends well because it was asked to end has not succeeded"
printf "FROM busybox\nRUN trap 'exit 0' TERM; sleep 60 & wait\n" | dockerfile
build --step-timeout=0.3s
expect_equal 1 "$status" "the exit status"

subject "--timeout ends the build"
printf 'FROM busybox\nRUN sleep 0.2\nRUN sleep 60\n' | dockerfile
build --timeout=0.8s
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'the build took longer than --timeout allows'

subject "what many steps need at a time is no question of the soft limit of open files"
{
    for i in $(seq 40); do
        printf 'FROM busybox AS s%d\nRUN sleep 0.5; : %d\n' "$i" "$i"
    done
    echo FROM busybox
    for i in $(seq 40); do
        echo "COPY --from=s$i /bin/busybox /$i"
    done
} | dockerfile
(
    ulimit -Sn 64
    build_ok -j40
)
