#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A corpus of real Dockerfiles and what BuildKit makes of each: spec2ir accepts the same files and
# runs the same commands, except where `expected-differences` says that it does not. That list is
# exact: a file in it that agrees is an error, too. Where the corpus is, find.sh says.
set -u

spec2ir=${SPEC2IR:-$PWD/spec2ir}
here=$(cd "$(dirname "$0")" && pwd) || exit 99
top=$(cd "$here/../.." && pwd) || exit 99
list=$here/expected-differences
most_percent=1
# shellcheck source=find.sh
. "$here/find.sh"

skip() {
    echo "skipped: $*"
    exit 77
}

# named CHECK: the files that the list has for it.
named() {
    sed -n "s/^$1 \\([0-9a-f]\\{16\\}\\) ..*/\\1/p" "$list" | sort
}

# check NAME: what the corpus says of this is what the list says.
check() {
    python3 "$corpus/compare" --spec2ir "$spec2ir" --speclint true --only "$1" --show 100000 \
        >"$tmp/out" 2>&1 || true
    total=$(sed -n "s|^$1  *[0-9]*/\\([0-9]*\\) agree\$|\\1|p" "$tmp/out")
    agree=$(sed -n "s|^$1  *\\([0-9]*\\)/[0-9]* agree\$|\\1|p" "$tmp/out")
    sed -n 's/^   \([0-9a-f]\{16\}\) (.*/\1/p' "$tmp/out" | sort >"$tmp/differ"
    named "$1" >"$tmp/named"
    if [ -z "$total" ] || [ "$total" -eq 0 ] ||
        [ "$((total - agree))" -ne "$(wc -l <"$tmp/differ")" ]; then
        echo "$1: compare does not say what was expected:"
        tail -n 20 "$tmp/out"
        failed=1
        return
    fi
    for sha in $(comm -23 "$tmp/differ" "$tmp/named"); do
        echo "$1: an unexpected difference:"
        grep "^   $sha (" "$tmp/out"
        failed=1
    done
    for sha in $(comm -13 "$tmp/differ" "$tmp/named"); do
        echo "$1: $sha agrees now, or is not compared: remove it from $list"
        failed=1
    done
    if [ "$(($(wc -l <"$tmp/named") * 100))" -gt "$((total * most_percent))" ]; then
        echo "$1: over $most_percent % of $total files are listed in $list"
        failed=1
    fi
    echo "$1: $agree of $total agree"
}

# Every line of the list is a comment, is empty, or has a check, a file and a reason.
check_list() {
    grep -Evn '^(#.*)?$|^(errors|lower) [0-9a-f]{16} [^ ]' "$list" || return 0
    echo "$list: expected CHECK SHA REASON"
    failed=1
}

check_specs() {
    mkdir "$tmp/specs"
    tar -xJf "$corpus/specs.tar.xz" -C "$tmp/specs" || exit 99
    find "$tmp/specs" -name '*.spec' -type f >"$tmp/list"
    n=0
    while read -r file; do
        n=$((n + 1))
        "$spec2ir" --from=spec -o /dev/null "$file" 2>"$tmp/err" && continue
        echo "specs: ${file#"$tmp/specs/"} does not compile:"
        head -n 5 "$tmp/err"
        failed=1
    done <"$tmp/list"
    echo "specs: $n compiled"
    [ "$n" -gt 0 ] || failed=1
}

if [ ! -x "$spec2ir" ]; then
    echo "run.sh: no \"$spec2ir\": run it in the build directory" >&2
    exit 99
fi
command -v python3 >/dev/null || skip "python3 is not installed"
find_corpus "$top" || skip "$why_none"
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
failed=0
check_list
check errors
check lower
check_specs
exit $failed
