#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the other scripts show as root also holds for an ordinary user's root in a user namespace.
# Not here: run-mounts.sh and store-moved.sh rename a directory of their base, and add-archives.sh
# and output-*.sh make devices and give files to any user.
. "$(dirname "$0")/functions.sh"
requires root setpriv
scratch

failed=
for test in attach bad-store cache-hits cache-mounts chain-deep copy-context copy-escape copy-looks \
    copy-stage delete-waits failure-keeps file-content interrupt-cleans kill9-recovers limits \
    minimal-image network-isolated output-local prune run-scripts secrets-traceless shell \
    store-shared users-env; do
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
