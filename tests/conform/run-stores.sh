#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the store contract against every kind of store on the filesystems that this machine can
# make: tmpfs, and ext4 and xfs on loop devices. Everything is mounted in a mount namespace of its
# own and ends with it.
set -u

if [ "$(id -u)" != 0 ]; then
    echo "skipped: mounting needs root"
    exit 77
fi
if [ -z "${STORES_NAMESPACE-}" ]; then
    if ! unshare -m true 2>/dev/null; then
        echo "skipped: no mount namespace can be made here"
        exit 77
    fi
    STORES_NAMESPACE=1 exec unshare -m --propagation private "$0" "$@"
fi

here=$(cd "$(dirname "$0")" && pwd)
conform=$PWD/tests/conform/conform-store
base=$(mktemp -d "${TMPDIR:-/tmp}/conform-stores.XXXXXX") || exit 1
trap 'umount -l "$base"; rmdir "$base"' EXIT
mount -t tmpfs -o mode=755 tmpfs "$base" || exit 1
failed=0

run() { # LABEL COMMAND…
    label=$1
    shift
    "$@" >"$base/out" 2>&1
    status=$?
    if [ $status = 77 ]; then
        echo "$label: $(cat "$base/out")"
    elif [ $status = 0 ]; then
        echo "ok: $label ($(grep -c '^ok ' "$base/out") tests, $(grep -c '^skip' "$base/out") skipped)"
        grep -A1 skipped: "$base/out"
    else
        echo "FAILED: $label"
        grep -v -e '^ok ' -e ' = ' "$base/out"
        failed=1
    fi
}

run_all() { # FILESYSTEM DIRECTORY
    run "copy on $1" "$conform" copy:"$2"/copy
    run "overlayfs on $1" "$conform" overlayfs:"$2"/overlayfs
    run "overlayfs by mount(2) on $1" \
        env OBKIT_OVERLAYFS_MOUNT=mount2 "$conform" overlayfs:"$2"/mount2
}

run_on_loop() { # MKFS OPTIONS…
    truncate -s 512M "$base/disk"
    mkdir -p "$base/mnt"
    if ! "$@" "$base/disk" >"$base/out" 2>&1; then
        echo "skipped: $1: $(tail -n 1 "$base/out")"
    elif ! mount -o loop "$base/disk" "$base/mnt" 2>"$base/out"; then
        echo "skipped: $1: $(cat "$base/out")"
    else
        run_all "${1#mkfs.}" "$base/mnt"
        umount "$base/mnt"
    fi
    rm -f "$base/disk"
}

mkdir "$base/tmpfs"
run_all tmpfs "$base/tmpfs"
run "copy through the trace on tmpfs" "$conform" --trace copy:"$base"/tmpfs/copy
run "overlayfs through the trace on tmpfs" "$conform" --trace overlayfs:"$base"/tmpfs/overlayfs
run_on_loop mkfs.ext4 -q
run_on_loop mkfs.xfs -q

# As root of an ordinary user's namespace; the user's home is on the tmpfs.
in_userns() {
    run "$1 in a user namespace" "$here/../as-user.sh" inside "$base" "$conform" "$2"
}
in_userns copy copy:"$base"/user/copy
in_userns overlayfs overlayfs:"$base"/user/overlayfs
export OBKIT_OVERLAYFS_MOUNT=mount2
in_userns "overlayfs by mount(2)" overlayfs:"$base"/user/mount2
exit $failed
