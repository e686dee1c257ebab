#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is wrong with a store, a sandbox or a base image is said in one line, with status 3, or 2
# where the option itself is wrong.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"
printf 'FROM scratch\nWORKDIR /a\nCOPY big /\n' >f
spec2ir -o ir f
dd if=/dev/zero of=context/big bs=1k count=2000 2>/dev/null

# STATUS STORE MESSAGE
wrong()
{
    expect_exit "$1" obexec --store="$2" --progress=quiet ir context
    expect_stderr "obexec: $3"
    expect_stdout ""
}

subject "kinds and paths"
wrong 2 nofs:/x 'unknown kind of store "nofs": there is overlayfs:PATH, copy:PATH'
wrong 2 "$tmp/s" "unknown kind of store \"$tmp/s\": there is overlayfs:PATH, copy:PATH"
wrong 2 overlayfs 'store "overlayfs" needs a path: overlayfs:PATH'
wrong 2 overlayfs: 'store "overlayfs:" needs a path: overlayfs:PATH'
expect_exit 2 obexec --store="$store" --sandbox=nope ir context
expect_stderr 'obexec: unknown sandbox "nope" (for store overlayfs there is native)'

subject "places that are no store stay as they are"
wrong 3 overlayfs:f 'overlayfs store: can'"'"'t open "f": Not a directory'
mkdir used
echo x >used/file
wrong 3 overlayfs:used 'overlayfs store: "used" is not a store and not empty (it has "file"): '"\
name an empty or a new directory"
expect_equal file "$(ls -A used)" "what is in the directory"
expect_exit 0 obexec --store=copy:c --progress=quiet ir context
wrong 3 overlayfs:c 'overlayfs store: "c" is a store of kind copy: use --store=copy:c'
echo 'obkit-store 9 overlayfs' >c/obkit-store
wrong 3 overlayfs:c 'overlayfs store: "c" is a store of version 9, and this obkit knows only 1: '"\
name another directory"

subject "a read-only disk"
mkdir ro
mount -t tmpfs obkit-e2e ro
mkdir ro/empty
expect_exit 0 obexec --store=overlayfs:ro/s --progress=quiet ir context
mount -o remount,ro ro
wrong 3 overlayfs:ro/new 'overlayfs store: can'"'"'t open "ro/new": Read-only file system'
expect_exit 3 obexec --store=overlayfs:ro/empty --progress=quiet ir context
expect_in_stderr '^obexec: overlayfs store: .*: Read-only file system$'
expect_exit 0 obexec --store=overlayfs:ro/s --progress=plain ir context
expect_counts 3 0
echo more >>context/big
expect_exit 3 obexec --store=overlayfs:ro/s --progress=quiet ir context
expect_in_stderr "^obexec: the store \"$tmp/ro/s\" is read-only\$"

subject "a full disk: nothing half is kept, and with room the build goes on"
mkdir full
mount -t tmpfs -o size=1500k obkit-e2e full
expect_exit 3 obexec --store=overlayfs:full/s --progress=plain ir context
expect_in_stderr '^\[3/3\] failed after .*: No space left on device$'
expect_in_stderr '^obexec: .*: No space left on device$'
mount -o remount,size=10m full
expect_exit 0 obexec --store=overlayfs:full/s --progress=plain ir context
expect_counts 2 1
expect_equal 2048005 "$(stat -c %s "full/s/result/$(cat out)/fs/big")" "the size of the file"

subject "base images"
printf 'FROM nobase\nRUN x\n' >f
spec2ir -o ir f
# REF MESSAGE
wrong_base()
{
    expect_exit 3 obexec --store="$store" --progress=quiet --build-context="nobase=$1" ir
    expect_equal "obexec: $2" "$(tail -n 1 err)" "the message"
    expect_stdout ""
}
wrong_base oci-layout:///no/such \
    'base image "nobase": can'"'"'t open "/no/such": No such file or directory'
wrong_base blah 'base image "nobase": image "blah" can'"'"'t be fetched: it must start with '"\
oci-layout:, oci-archive:, docker-archive:, tar: or dir:"
wrong_base tar:f 'image "f": Unrecognized archive format'
expect_exit 3 obexec --store="$store" --progress=quiet ir
expect_in_stderr '^obexec: base image "nobase" is not in the store: give it with --build-context '
