#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the graphs of all the files of each repository in the corpus, every common beginning stands once.
# The log has the figures. Where the corpus is, find.sh says.
set -u

spec2ir=${SPEC2IR:-$PWD/spec2ir}
here=$(cd "$(dirname "$0")" && pwd) || exit 99
top=$(cd "$here/../.." && pwd) || exit 99
# shellcheck source=find.sh
. "$here/find.sh"

skip() {
    echo "skipped: $*"
    exit 77
}

if [ ! -x "$spec2ir" ]; then
    echo "sharing.sh: no \"$spec2ir\": run it in the build directory" >&2
    exit 99
fi
command -v python3 >/dev/null || skip "python3 is not installed"
find_corpus "$top" || skip "$why_none"
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/dockerfiles" "$tmp/specs"
tar -xJf "$corpus/dockerfiles.tar.xz" -C "$tmp/dockerfiles" &&
    tar -xJf "$corpus/specs.tar.xz" -C "$tmp/specs" || exit 99
# The archive has a directory of files beside the reference.
reference=$(find "$tmp/dockerfiles" -name reference.jsonl)
dockerfiles=$(dirname "$(find "$tmp/dockerfiles" -name '*.Dockerfile' | head -n 1)")
python3 "$here/sharing.py" "$spec2ir" "$dockerfiles" "$reference" "$tmp/specs"
