#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Golden tests: tests/golden/LANGUAGE/CASE/ holds an input (`spec` or `Dockerfile`) and what
# spec2ir must make of it: `ast` (the tree), `diag` (what it says on standard error), `ir.json`
# (what it prints). The files present decide what is compared; without a `diag` it must say
# nothing. `args` holds more options, and more files to compile before the input; `ir.args` those
# that only a graph can have.
#
# `to-dockerfile` and `to-spec` are what it prints with --to and the options in `to-FORMAT.args`,
# `to-FORMAT.diag` what it says then, if anything.
#
#   tests/golden/run.sh              in the build directory: compares
#   tests/golden/run.sh --update     rewrites; a new case needs only its input, and an empty
#                                    `ir.json` if that is wanted
#
# Every ir.json is read back, and gives the same bytes when it is written again.
set -u

spec2ir=${SPEC2IR:-$PWD/spec2ir}
roundtrip=$PWD/tests/golden/roundtrip
here=$(cd "$(dirname "$0")" && pwd) || exit 99
update=false
[ "${1-}" = --update ] && update=true
for program in "$spec2ir" "$roundtrip"; do
    [ -x "$program" ] && continue
    echo "run.sh: no \"$program\": run it in the build directory" >&2
    exit 99
done
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
failed=0 n=0

# compile CASE FORMAT [ARGS]: standard output and error, and the status that belongs to what it
# said. ARGS is a file with options.
compile() {
    # shellcheck disable=SC2046 # args are lists of words
    (cd "$1" && "$spec2ir" --from "$language" --to "$2" $(cat args "${3-}" 2>/dev/null) "$input") \
        >"$tmp/out" 2>"$tmp/diag"
    status=$?
    expected=0
    grep -q '^[^ ].*: error: ' "$tmp/diag" && expected=1
    [ $status -eq $expected ] && return
    echo "exit status $status, expected $expected"
    cat "$tmp/diag"
    return 1
}

# check CASE FILE: compares what FILE says with what came out.
check() {
    if [ -e "$1/$2" ]; then
        diff -u "$1/$2" "$tmp/$2"
    elif [ "$2" = diag ] && [ -s "$tmp/diag" ]; then
        echo "unexpected diagnostics:"
        cat "$tmp/diag"
        return 1
    fi
}

# translate CASE FORMAT: compares, or rewrites, the translation and what was said of it.
translate() {
    compile "$1" "$2" "to-$2.args" || return 1
    if $update; then
        cp "$tmp/out" "$1/to-$2"
        rm -f "$1/to-$2.diag"
        [ ! -s "$tmp/diag" ] || cp "$tmp/diag" "$1/to-$2.diag"
    fi
    said=$1/to-$2.diag
    [ -e "$said" ] || said=/dev/null
    diff -u "$said" "$tmp/diag" && diff -u "$1/to-$2" "$tmp/out"
}

# run CASE: everything that comes out of it, in $tmp.
run() {
    compile "$1" ast || return 1
    mv "$tmp/out" "$tmp/ast"
    compile "$1" ir ir.args || return 1
    mv "$tmp/out" "$tmp/ir.json"
}

# rewrite CASE: a clean input gets an `ast`, any other a `diag`; files that exist are kept up.
rewrite() {
    if [ -s "$tmp/diag" ] || [ -e "$1/diag" ]; then cp "$tmp/diag" "$1/diag"; fi
    if [ ! -s "$tmp/diag" ] || [ -e "$1/ast" ]; then cp "$tmp/ast" "$1/ast"; fi
    if [ -e "$1/ir.json" ]; then cp "$tmp/ir.json" "$1/ir.json"; fi
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
    run "$case" || ok=false
    $ok && $update && rewrite "$case"
    for file in diag ast ir.json; do
        check "$case" $file || ok=false
    done
    for format in dockerfile spec; do
        [ ! -e "$case/to-$format" ] || translate "$case" $format || ok=false
    done
    if [ ! -e "$case/ast" ] && [ ! -e "$case/diag" ]; then
        echo "nothing to compare: add \"ast\" or \"diag\", or run with --update"
        ok=false
    fi
    if [ -e "$case/ir.json" ]; then
        "$roundtrip" "$case/ir.json" || ok=false
    fi
    if ! $ok; then
        failed=$((failed + 1))
        echo "FAIL $language/$(basename "$case")"
    fi
done

echo "$n cases, $failed failed"
[ "$failed" -eq 0 ]
