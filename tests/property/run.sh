#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A Dockerfile that is written otherwise has the same steps: for the golden cases and, where there
# is one, the corpus. What "otherwise" is, rewrite.py says. It prints the seed; another can be given:
#
#     tests/property/run.sh [--seed N]
set -u

spec2ir=${SPEC2IR:-$PWD/spec2ir}
here=$(cd "$(dirname "$0")" && pwd) || exit 99
top=$(cd "$here/../.." && pwd) || exit 99
# shellcheck source=../corpus/find.sh
. "$top/tests/corpus/find.sh"

if [ ! -x "$spec2ir" ]; then
    echo "run.sh: no \"$spec2ir\": run it in the build directory" >&2
    exit 99
fi
if ! command -v python3 >/dev/null; then
    echo "skipped: python3 is not installed"
    exit 77
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
if find_corpus "$top"; then
    tar -xJf "$corpus/dockerfiles.tar.xz" -C "$tmp" || exit 99
else
    echo "only the golden cases: $why_none"
fi
# A sanitized spec2ir does not get through the corpus in these seconds; the golden cases come first.
python3 "$here/rewrite.py" --spec2ir "$spec2ir" --seconds 60 "$@" \
    "$top/tests/golden/dockerfile" "$tmp"
