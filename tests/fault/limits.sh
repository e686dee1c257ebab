#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A process that may not open files, or not write them any larger: an error, and never a result.
. "$(dirname "$0")/../e2e/functions.sh"
. "$(dirname "$0")/disk.sh"
requires root busybox python3 prlimit
scratch
make_base
ten_steps 0
build_ok
want=$id
tree >"$tmp/want"
spec2ir -o "$tmp/ir" "$tmp/context/Dockerfile"

# Fails with each of these limits, but for what is enough: NAME UNIT N...
limit_each()
{
    local name=$1 n n_failed=0
    shift
    for n; do
        rm -rf "$tmp/store"
        status=0
        # By a pipe, because a limit of files' sizes is one of $tmp/err as well.
        prlimit "--$name=$n:$n" obexec --store="$store" --progress=plain \
            --build-context=busybox=dir:"$tmp/base" "$tmp/ir" "$tmp/context" 2>&1 </dev/null |
            cat >"$tmp/err" || status=${PIPESTATUS[0]}
        if [[ ! $status =~ ^(0|1|3|127)$ ]]; then
            show_run
            fail "with --$name=$n the build ended with status $status"
        fi
        [ "$status" = 0 ] || [ -s "$tmp/err" ] || fail "with --$name=$n nothing is said"
        [ "$status" = 0 ] || n_failed=$((n_failed + 1))
        build_ok
        expect_equal "$want" "$id" "the result"
        tree >"$tmp/got"
        diff -u "$tmp/want" "$tmp/got"
    done
    [ $n_failed -ge 5 ] && [ $n_failed -lt $# ] || fail "$n_failed builds failed of $#"
}

subject "open files"
# shellcheck disable=SC2046 # numbers
limit_each nofile $(seq 3 40) 100

subject "the size of a file"
# shellcheck disable=SC2046 # numbers
limit_each fsize $(seq 0 4096 110000) 1000000000
