#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every IR document is valid by the schema, and broken ones are not; the reader agrees.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 99

if ! python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
    echo "skipped: python3 with jsonschema 4 is not installed"
    exit 77
fi
find "$here" "$here/../fuzz/seeds/ir" \( -name ir.json -o -path '*/seeds/ir/*' \) -type f \
    -exec python3 "$here/schema.py" "$here/../../ir/obkit-ir.schema.json" "${SPEC2IR:-$PWD/spec2ir}" {} +
