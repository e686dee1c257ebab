#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Random plans build the same whether they are optimized or not: random.sh [FIRST COUNT] takes
# others than those of every check.
. "$(dirname "$0")/../e2e/functions.sh"
requires root busybox python3
scratch "$@"
make_base
context=$tmp/context
# shellcheck source=world.sh
. "$top_src/tests/passes/world.sh"
first=${1:-0}
count=${2:-200}
half=$((count / 2))

plans()
{
    python3 -B "$top_src/tests/passes/random_plans.py" "$tmp/base" "$context" "$tmp/stores" "$@"
}

subject "plans from $first on"
failed=0
plans "$first" "$half" &
other=$!
plans "$((first + half))" "$((count - half))" || failed=1
wait "$other" || failed=1
exit $failed
