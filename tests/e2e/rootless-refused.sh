#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where no user namespace can be made or nothing can be run in it, obexec says which setting or
# container is in the way. Settings are changed inside of a user namespace, which has its own.
. "$(dirname "$0")/functions.sh"
requires root setpriv
scratch

# KIND COMMAND...
user()
{
    local kind=$1
    shift
    run "$top_src/tests/as-user.sh" "$kind" "$tmp" "$@"
    [ "$status" != 77 ] || skip "$(sed 's/^skipped: //' "$tmp/out")"
}

drop=(setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin)

subject "the setting that forbids namespaces"
user inside sh -c "echo 0 >/proc/sys/user/max_user_namespaces && ${drop[*]} obexec healthcheck"
expect_equal 3 "$status" "the status"
expect_stderr 'obexec: this machine lets only root make user namespaces: run as root, or let root run "sysctl user.max_user_namespaces=10000"'

subject "root without CAP_SYS_ADMIN, where namespaces can be made, hands its ids on"
user inside "${drop[@]}" obexec healthcheck --store=overlayfs:"$tmp/user/by-root"
expect_equal 0 "$status" "the status"
expect_stderr ""
expect_exit 0 "${drop[@]}" obexec healthcheck --store=overlayfs:"$tmp/by-root"
expect_stderr ""

subject "parts of proc are hidden, as in containers"
mount -t tmpfs none /proc/sys
user alone obexec healthcheck
umount /proc/sys
expect_equal 3 "$status" "the status"
expect_in_stderr 'something hides parts of this machine.s /proc or /sys, as in a container'

subject "newuidmap that gives nothing"
mkdir "$tmp/bin"
printf '#!/bin/sh\necho "newuidmap: no" >&2\nexit 1\n' >"$tmp/bin/newuidmap"
chmod +x "$tmp/bin/newuidmap"
PATH=$tmp/bin:$PATH user sub-ids obexec healthcheck
expect_equal 3 "$status" "the status"
expect_stderr "obexec: can't give the user namespace its ids: newuidmap failed with status 1 (newuidmap: no)"

subject "no newuidmap"
user sub-ids env PATH="$top_build" obexec healthcheck
expect_equal 0 "$status" "the status"
expect_in_stderr 'warning: all files belong to root, .*: newuidmap and newgidmap are not installed'
