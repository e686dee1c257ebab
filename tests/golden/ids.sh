#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The ids in the golden IR documents, computed a second time by another program.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 99

if ! command -v python3 >/dev/null; then
    echo "skipped: python3 is not installed"
    exit 77
fi
find "$here" "$here/../fuzz/seeds/ir" \( -name ir.json -o -path '*/seeds/ir/*' \) -type f -exec python3 "$here/ids.py" {} +
