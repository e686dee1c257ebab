#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a command as an ordinary user who is made up for it:
#
#     as-user.sh KIND DIR COMMAND...
#
# KIND is what the user may do: "alone" nothing more; "sub-ids" use newuidmap for 65536 ids;
# "inside" is root of a user namespace with these ids already. DIR is a directory on the way to
# which everybody may go; the user's home is made in it. The files in /etc that say who the user is
# are covered in a mount namespace of its own, so nothing is left of the user. Needs root.
set -eu

skip()
{
    echo "skipped: $*"
    exit 77
}

kind=$1 dir=$2
shift 2
name=obkit-test id=54321

if [ -z "${AS_USER_PRIVATE-}" ]; then
    [ "$(id -u)" = 0 ] || skip "only root can be another user"
    command -v setpriv >/dev/null || skip "setpriv is not installed"
    AS_USER_PRIVATE=1 exec unshare --mount --propagation private "$0" "$kind" "$dir" "$@"
fi
unset AS_USER_PRIVATE

mkdir -p "$dir/user"
chown $id:$id "$dir/user"
cover()
{
    [ -e "/etc/$1" ] || skip "there is no /etc/$1 to cover"
    { cat "/etc/$1" && echo "$2"; } >"$dir/user-$1"
    chmod 644 "$dir/user-$1"
    mount --bind "$dir/user-$1" "/etc/$1"
}
cover passwd "$name:x:$id:$id::$dir/user:/bin/sh"
if [ "$kind" != alone ]; then
    command -v newuidmap >/dev/null || skip "newuidmap is not installed (package uidmap)"
    cover subuid $name:700000:65536
    cover subgid $name:700000:65536
fi

HOME=$dir/user
export HOME
as_user="setpriv --reuid $id --regid $id --clear-groups"
$as_user test -x "$1" || $as_user sh -c 'command -v "$0"' "$1" >/dev/null ||
    skip "an ordinary user has no access to this directory"
$as_user unshare --user true 2>/dev/null || skip "ordinary users can not make user namespaces here"
[ "$kind" = inside ] || exec $as_user "$@"
exec $as_user unshare --user --map-auto --map-root-user --mount --propagation private "$@"
