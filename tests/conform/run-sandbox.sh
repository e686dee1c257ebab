#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sandbox contract, where this machine and user can have a native sandbox: as root, and as root
# of an ordinary user's namespace.
skip() {
    echo "skipped: $1"
    exit 77
}
[ "$(uname -s)" = Linux ] || skip "the native sandbox is for Linux"
[ "$(id -u)" = 0 ] || skip "the native sandbox is tried as root, and from there as a user"
[ -x /bin/busybox ] || skip "/bin/busybox is missing (package busybox-static)"
case $(od -An -c -N4 /bin/busybox 2>/dev/null | tr -d ' ') in
177ELF) ;;
*) skip "/bin/busybox is not a program" ;;
esac
[ -x tests/conform/sandbox ] || skip "built without Check"
[ -x tests/conform/escape ] || skip "programs can not be linked statically here"
tests/conform/sandbox || exit 1
here=$(cd "$(dirname "$0")" && pwd)
home=$(mktemp -d "${TMPDIR:-/tmp}/conform-sandbox.XXXXXX") || exit 1
trap 'rm -rf "$home"' EXIT
chmod 755 "$home"
echo "in a user namespace:"
"$here/../as-user.sh" inside "$home" tests/conform/sandbox || [ $? = 77 ]
