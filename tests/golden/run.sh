#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Golden tests: tests/golden/LANGUAGE/CASE/ holds an input (`spec` or `Dockerfile`) and what must
# come out of it: `ast` (the tree), `diag` (the diagnostics). The files present decide what is
# compared; without a `diag` there must be no diagnostics. `args` holds more options for the driver.
#
#   tests/golden/run.sh              in the build directory: compares
#   tests/golden/run.sh --update     rewrites; a new case needs only its input
#
# A case is added by adding its folder.
set -u

golden=${GOLDEN:-$PWD/tests/golden/golden}
here=$(cd "$(dirname "$0")" && pwd) || exit 99
update=false
[ "${1-}" = --update ] && update=true
[ -x "$golden" ] || { echo "run.sh: no \"$golden\": run it in the build directory" >&2; exit 99; }
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
failed=0 n=0

# check CASE MODE: runs the driver and compares what it prints with the file MODE.
check() {
    # shellcheck disable=SC2046 # args is a list of words
    (cd "$1" && "$golden" "$2" --from "$language" $(cat args 2>/dev/null) "$input") \
        >"$tmp/$2" 2>"$tmp/err" || { cat "$tmp/err"; return 1; }
    $update && return 0
    if [ -e "$1/$2" ]; then
        diff -u "$1/$2" "$tmp/$2"
    elif [ "$2" = diag ] && [ -s "$tmp/diag" ]; then
        echo "unexpected diagnostics:"
        cat "$tmp/diag"
        return 1
    fi
}

# rewrite CASE: a clean input gets an `ast`, any other a `diag`; files that exist are kept up.
rewrite() {
    if [ -s "$tmp/diag" ] || [ -e "$1/diag" ]; then cp "$tmp/diag" "$1/diag"; fi
    if [ ! -s "$tmp/diag" ] || [ -e "$1/ast" ]; then cp "$tmp/ast" "$1/ast"; fi
}

for case in "$here"/*/*/; do
    case=${case%/}
    language=$(basename "$(dirname "$case")")
    case $language in
    spec) input=spec ;;
    dockerfile) input=Dockerfile ;;
    *) continue ;;
    esac
    [ -e "$case/$input" ] || continue
    n=$((n + 1))
    ok=true
    check "$case" diag || ok=false
    if $update || [ -e "$case/ast" ]; then
        check "$case" ast || ok=false
    fi
    if ! $update && [ ! -e "$case/ast" ] && [ ! -e "$case/diag" ]; then
        echo "nothing to compare: add \"ast\" or \"diag\", or run with --update"
        ok=false
    fi
    if $ok; then
        $update && rewrite "$case"
    else
        failed=$((failed + 1))
        echo "FAIL $language/$(basename "$case")"
    fi
done

echo "$n cases, $failed failed"
[ "$failed" -eq 0 ]
