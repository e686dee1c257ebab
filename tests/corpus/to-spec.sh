#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Dockerfiles of the corpus become specs with an equal graph: to_spec.py says how they are
# compared, and how many of them must.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 99
top=$(cd "$here/../.." && pwd) || exit 99
# shellcheck source=find.sh
. "$here/find.sh"
command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 77; }
find_corpus "$top" || { echo "skipped: $why_none"; exit 77; }
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
tar -xJf "$corpus/dockerfiles.tar.xz" -C "$tmp" || exit 99
python3 "$here/to_spec.py" "$tmp" "${SPEC2IR:-$PWD/spec2ir}"
