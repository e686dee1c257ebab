#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the other scripts show as root also holds for an ordinary user's root in a user namespace.
# Not here: run-mounts.sh renames a directory of its base, and add-archives.sh makes devices.
. "$(dirname "$0")/functions.sh"
requires root setpriv
scratch

failed=
for test in bad-store cache-hits chain-deep copy-context copy-escape copy-looks copy-stage \
    delete-waits failure-keeps file-content interrupt-cleans kill9-recovers limits minimal-image \
    network-isolated run-scripts secrets-traceless store-shared users-env; do
    run "$top_src/tests/as-user.sh" inside "$tmp" "$top_src/tests/e2e/$test.sh"
    case $status in
    0 | 77) subject "$test: $status" ;;
    *)
        show_run
        failed="$failed $test"
        ;;
    esac
    grep -q '^skipped: .*user' "$tmp/out" && skip "$(sed 's/^skipped: //' "$tmp/out")"
done
[ -z "$failed" ] || fail "in a user namespace:$failed"
