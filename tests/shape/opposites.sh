#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each line of tests/opposites names a test that make check runs, and a subject that is in it.
set -eu
cd "$(dirname "$0")/../.."
failed=0 lines=0

complain()
{
    echo "tests/opposites: $*"
    failed=1
}

while IFS='|' read -r what test subject; do
    case $what in '' | '#'*) continue ;; esac
    lines=$((lines + 1))
    test=${test# } test=${test% } subject=${subject# }
    file=$test
    [ -e "$file" ] || file=$test.c
    if ! [ -e "$file" ]; then
        complain "\"$what\": there is no \"$test\""
    elif ! grep -qE "[[:space:]]$test( |\$)" tests/local.mk; then
        complain "\"$what\": \"$test\" is not in tests/local.mk"
    elif [ -n "$subject" ] && ! grep -qF "subject \"$subject\"" "$file"; then
        complain "\"$what\": \"$test\" has no subject \"$subject\""
    fi
done <tests/opposites
[ $lines -gt 0 ] || complain "is empty"
exit $failed
