#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Golden tests of the formatter: tests/golden/format/LANGUAGE/CASE/ holds `input`, and `expected`,
# what specfmt must print for it; or `diag`, if it must refuse it. What is expected is formatted as
# itself, and the steps of both have the same ids, but for cases uncompiled-*, which have none.
#
#     tests/golden/format.sh              in the build directory: compares
#     tests/golden/format.sh --update     rewrites; a new case needs only its input
set -u

specfmt=${SPECFMT:-$PWD/specfmt}
spec2ir=${SPEC2IR:-$PWD/spec2ir}
here=$(cd "$(dirname "$0")" && pwd) || exit 99
update=false
[ "${1-}" = --update ] && update=true
for program in "$specfmt" "$spec2ir"; do
    [ -x "$program" ] && continue
    echo "format.sh: no \"$program\": run it in the build directory" >&2
    exit 99
done
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
failed=0 n=0

# ids FILE: those of its steps.
ids() {
    "$spec2ir" --from="$language" -O0 - <"$1" 2>"$tmp/err" | grep -o '"id":"[0-9a-f]*"'
}

# run CASE: $tmp/expected or $tmp/diag.
run() {
    rm -f "$tmp/expected" "$tmp/diag"
    "$specfmt" --from="$language" - <"$1/input" >"$tmp/out" 2>"$tmp/err"
    case $? in
    0) mv "$tmp/out" "$tmp/expected" ;;
    1) mv "$tmp/err" "$tmp/diag" ;;
    *) cat "$tmp/err" && return 1 ;;
    esac
}

# check CASE: what came out is what was expected, and stays so.
check() {
    for file in expected diag; do
        [ -e "$1/$file" ] || [ -e "$tmp/$file" ] || continue
        touch "$tmp/$file"
        diff -u "$1/$file" "$tmp/$file" || return 1
    done
    [ -e "$1/expected" ] || return 0
    if ! "$specfmt" --from="$language" --check - <"$1/expected" >"$tmp/out" 2>&1; then
        echo "what was expected is not formatted as itself:"
        "$specfmt" --from="$language" --diff - <"$1/expected" 2>&1
        return 1
    fi
    case $1 in */uncompiled-*) return ;; esac
    ids "$1/input" >"$tmp/ids"
    [ -s "$tmp/ids" ] || { echo "the input has no steps" && return 1; }
    ids "$1/expected" | diff "$tmp/ids" - || { echo "other ids" && return 1; }
}

for case in "$here"/format/*/*/; do
    case=${case%/}
    language=$(basename "$(dirname "$case")")
    n=$((n + 1))
    ok=true
    run "$case" || ok=false
    if $ok && $update; then
        rm -f "$case/expected" "$case/diag"
        for file in expected diag; do
            [ ! -e "$tmp/$file" ] || cp "$tmp/$file" "$case/$file"
        done
    fi
    $ok && { check "$case" || ok=false; }
    if ! $ok; then
        failed=$((failed + 1))
        echo "FAIL $language/$(basename "$case")"
    fi
done

echo "$n cases, $failed failed"
[ "$n" -gt 0 ] && [ "$failed" -eq 0 ]
