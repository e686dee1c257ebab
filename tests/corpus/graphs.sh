#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The graph of every Dockerfile and spec of the corpus: the writer's bytes come back, a second
# program computes the same ids and needs, and the schema has nothing against it.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 99
top=$(cd "$here/../.." && pwd) || exit 99
spec2ir=${SPEC2IR:-$PWD/spec2ir}
# shellcheck source=find.sh
. "$here/find.sh"

skip() {
    echo "skipped: $*"
    exit 77
}

python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null ||
    skip "python3 with jsonschema 4 is not installed"
find_corpus "$top" || skip "$why_none"
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/in" "$tmp/out" || exit 99
for archive in dockerfiles specs; do
    tar -xJf "$corpus/$archive.tar.xz" -C "$tmp/in" || exit 99
done
find "$tmp/in" -name '*.Dockerfile' -o -name '*.spec' >"$tmp/list"
n=0
while read -r file; do
    n=$((n + 1))
    "$spec2ir" -o "$tmp/out/$n.json" "$file" 2>/dev/null || rm -f "$tmp/out/$n.json"
done <"$tmp/list"
failed=0
set -- "$tmp/out"/*.json
[ $# -gt 1000 ] || failed=1
echo "$# of $n files are graphs"
tests/golden/roundtrip "$@" || failed=1
python3 "$top/tests/golden/ids.py" "$@" || failed=1
python3 "$top/tests/golden/schema.py" "$top/ir/obkit-ir.schema.json" "$spec2ir" "$@" || failed=1
exit $failed
