#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Our shell scripts pass shellcheck. (SC2015 is about "a && b || c", SC2016 about "$" in single
# quotes: both are used on purpose.)
set -eu
cd "$(dirname "$0")/../.."

if ! command -v shellcheck >/dev/null; then
    echo "skipped: shellcheck is not installed"
    exit 77
fi
{
    printf '%s\n' demo run-tests .ci/run
    find tools -type f
    find tests -name '*.sh'
} | xargs shellcheck --exclude=SC2015,SC2016 --external-sources --source-path=SCRIPTDIR
