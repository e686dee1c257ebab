#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Our shell scripts pass shellcheck. (SC2015 is about "a && b || c", SC2016 about "$" in single
# quotes, SC2119 about functions of optional arguments, SC2009 about ps where pgrep can't tell:
# all used on purpose.)
set -eu
cd "$(dirname "$0")/../.."

if ! command -v shellcheck >/dev/null; then
    echo "skipped: shellcheck is not installed"
    exit 77
fi
{
    printf '%s\n' demo run-tests .ci/run
    find tools -type f
    find completions -name '*.bash'
    find tests -name '*.sh'
} | xargs shellcheck --exclude=SC2009,SC2015,SC2016,SC2119 --external-sources --source-path=SCRIPTDIR
