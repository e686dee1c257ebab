#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What holds for the formatted text of every real file, where there is a corpus: it is formatted as
# itself, with the same comments and heredocs (that is what the fuzz target checks), and spec2ir
# makes the same of it, but for places. For the golden cases other tests say so.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 99
top=$(cd "$here/../.." && pwd) || exit 99
replay=$PWD/tests/fuzz/replay_format
# shellcheck source=../corpus/find.sh
. "$top/tests/corpus/find.sh"

for program in "$PWD/specfmt" "$PWD/spec2ir" "$replay"; do
    [ -x "$program" ] && continue
    echo "format.sh: no \"$program\": run it in the build directory" >&2
    exit 99
done
PATH=$PWD:$PATH
if ! find_corpus "$top"; then
    echo "skipped: $why_none"
    exit 77
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/files" && cd "$tmp" || exit 99
tar -xJf "$corpus/dockerfiles.tar.xz" -C files && tar -xJf "$corpus/specs.tar.xz" -C files || exit 99
failed=0 n=0 refused=0 uncompiled=0

# meaning LANGUAGE FILE: what it compiles to, without places and digests of the text.
meaning() {
    spec2ir --from="$1" -O0 - <"$2" 2>/dev/null | sed '/^{"path":/d; s/"meta":{.*//'
}

find files -type f \( -name '*.Dockerfile' -o -name '*.spec' \) >list
tr '\n' '\0' <list | xargs -0 "$replay" || failed=1
while read -r file; do
    n=$((n + 1))
    language=dockerfile
    case $file in *.spec) language=spec ;; esac
    if ! specfmt --from=$language - <"$file" >formatted 2>err; then
        refused=$((refused + 1))
        spec2ir --from=$language --to=ast -o /dev/null - <"$file" 2>/dev/null || continue
        echo "$file: can be read, but is not formatted:"
        head -n 5 err
        failed=1
        continue
    fi
    meaning $language "$file" >before
    meaning $language formatted >after
    [ -s before ] || uncompiled=$((uncompiled + 1))
    cmp -s before after && continue
    echo "$file: means something else when it is formatted:"
    diff before after | head -n 10 | cut -c 1-300
    failed=1
done <list
echo "$n files, $refused of them refused, $uncompiled templates and the like"
[ "$(((refused + uncompiled) * 5))" -lt "$n" ] || failed=1
exit $failed
