#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The schema, the manual page and ids.py have the fields that the code has.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 99

if ! command -v python3 >/dev/null; then
    echo "skipped: python3 is not installed"
    exit 77
fi
fields=$(tests/golden/fields) || exit 99
printf '%s\n' "$fields" |
    python3 "$top/tests/golden/fields.py" "$top/ir/obkit-ir.schema.json" "$top/man/obkit-ir.5"
