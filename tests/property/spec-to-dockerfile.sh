#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A spec and the Dockerfile that it becomes have the same steps: for the golden cases and, where
# there is one, the corpus, whose reconstructed specs also become the texts that they come from.
# What "the same" is, spec_to_dockerfile.py says.
set -u

spec2ir=${SPEC2IR:-$PWD/spec2ir}
here=$(cd "$(dirname "$0")" && pwd) || exit 99
top=$(cd "$here/../.." && pwd) || exit 99
# shellcheck source=../corpus/find.sh
. "$top/tests/corpus/find.sh"

if [ ! -x "$spec2ir" ]; then
    echo "spec-to-dockerfile.sh: no \"$spec2ir\": run it in the build directory" >&2
    exit 99
fi
for program in python3 bash; do
    command -v $program >/dev/null && continue
    echo "skipped: $program is not installed"
    exit 77
done
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
status=0
python3 "$here/spec_to_dockerfile.py" --spec2ir "$spec2ir" "$top/tests/golden/spec" || status=1
if find_corpus "$top"; then
    tar -xJf "$corpus/specs.tar.xz" -C "$tmp" || exit 99
    python3 "$here/spec_to_dockerfile.py" --spec2ir "$spec2ir" --all "$tmp" || status=1
else
    echo "only the golden cases: $why_none"
fi
exit $status
