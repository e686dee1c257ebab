#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two obexecs on one store build each step once and do not disturb each other.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

# Starts the build of a Dockerfile in the background, as a number's.
start()
{
    obkit build --store="$store" --progress=plain -j 2 -f "$2" \
        --build-context=busybox=dir:"$tmp/base" "$tmp/context" \
        >"$tmp/out$1" 2>"$tmp/err$1" </dev/null &
}

stop()
{
    local got=0
    wait "$1" || got=$?
    [ $got = "$2" ] || {
        cat "$tmp"/err?
        fail "a build ended with status $got"
    }
}

dockerfile <<'END'
FROM busybox
RUN echo one; sleep 0.5
RUN echo two; sleep 0.1
COPY Dockerfile /
RUN echo three
END

# LINE of a step's output: it was built once by those that ran, however many have shown it.
built_once()
{
    local heading
    heading=$(grep -o "RUN echo $1.*" "$tmp/context/Dockerfile")
    expect_equal 1 "$(awk -v heading="] $heading" '
        index($0, heading) == length($0) - length(heading) + 1 { step[FILENAME] = $1 }
        $1 == step[FILENAME] && $2 == "done" { n++ }
        END { print n + 0 }' "$tmp"/err?)" "how often \"$1\" was built"
}

subject "one waits for a step of the other, shows its output, and then has it from the cache"
start 1 "$tmp/context/Dockerfile"
first=$!
expect_soon 5 grep -q '| one' "$tmp/err1"
start 2 "$tmp/context/Dockerfile"
second=$!
stop $first 0
stop $second 0
grep -q 'another obexec is building this step: waiting' "$tmp/err2" || {
    cat "$tmp"/err?
    fail "the second did not wait"
}
cmp "$tmp/out1" "$tmp/out2"
for line in one two three; do
    built_once $line
done
grep -q '| one' "$tmp/err2" || fail "the second does not show the first one's output"
grep -q 'RUN echo one; sleep 0.5: cached' "$tmp/err2" || fail "the second does not say cached"

subject "many at once, from nothing"
store=overlayfs:$tmp/many
pids=()
for i in 1 2 3 4 5 6; do
    start $i "$tmp/context/Dockerfile"
    pids+=($!)
done
for pid in "${pids[@]}"; do
    stop "$pid" 0
done
for line in one two three; do
    built_once $line
done
expect_equal 1 "$(sort -u "$tmp"/out? | wc -l)" "the number of different results"

subject "a failing step: those that waited for it take the failure, and there is one whole log"
printf 'FROM busybox\nRUN echo try; sleep 0.0%d; echo again; false\n' 1 >"$tmp/fails"
for ((n = 0; n < 5; n++)); do
    rm -f "$tmp"/err? "$tmp"/out?
    pids=()
    for i in 1 2 3 4; do
        start $i "$tmp/fails"
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        stop "$pid" 1
    done
    expect_equal 4 "$(cat "$tmp"/err? | grep -c 'failed after .*: exit status 1')" "failures"
    log=$(sed -n 's/^ *log: //p' "$tmp/err1")
    expect_equal $'try\nagain' "$(cat "$log")" "the log"
done
expect_equal "" "$(find "$tmp/many/state/log" -name '*.part')" "what is left of logs"

subject "different steps at once on one store"
pids=()
for i in 1 2 3 4 5 6; do
    printf 'FROM busybox\nRUN echo %d; sleep 0.1\nRUN echo %d >/f\n' $i $i >"$tmp/d$i"
    start $i "$tmp/d$i"
    pids+=($!)
done
for pid in "${pids[@]}"; do
    stop "$pid" 0
done
expect_equal 6 "$(sort -u "$tmp"/out? | wc -l)" "the number of different results"
