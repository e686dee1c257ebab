#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Four times as many results take about four times as long to remove, not sixteen times.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
echo "FROM busybox" | dockerfile
build_ok

# The milliseconds of CPU time that removing this many results takes, in $cpu_ms: N
prune_all()
{
    python3 "$top_src/tests/bench/many_results.py" "$tmp/store" "$tmp/many" "$1"
    expect_exit 0 obexec ls --store="overlayfs:$tmp/many"
    TIMEFORMAT='%U %S'
    { time expect_exit 0 obexec prune --all --store="overlayfs:$tmp/many"; } 2>"$tmp/time"
    expect_equal "$(($1 + 1)) results removed" "$(sed -n '$s/,.*//p' "$tmp/out")" "what is said"
    rm -r "$tmp/many"
    cpu_ms=$(awk '{printf "%d", ($1 + $2) * 1000}' "$tmp/time")
}

subject "pruning takes time by the number of results"
for try in 1 2 3; do
    prune_all 3000
    few=$cpu_ms
    prune_all 12000
    many=$cpu_ms
    [ "$many" -ge $((few * 8)) ] || exit 0
done
fail "3,000 results take $few ms, and 12,000 take $many ms (try $try)"
