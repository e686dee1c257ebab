#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A disk that fails while a build runs: everything on it becomes an input/output error, or it
# becomes read-only. When it is well again the next build makes what it should.
. "$(dirname "$0")/../e2e/functions.sh"
. "$(dirname "$0")/disk.sh"
requires root busybox python3
scratch
requires_disk
make_base
ten_steps 0.1
began=$(date +%s%N)
build_reference
took=$((($(date +%s%N) - began) / 1000000)) # ms

# When to let it fail, in seconds: of eight moments the N-th
moment()
{
    printf '%d.%03d' $(($1 * took / 8000)) $(($1 * took / 8 % 1000))
}

# Waits for the end of its input and lets the disk fail, by the ioctl by which tests of filesystems
# do it, the same for ext4 and xfs: FLAG. With 2, what is not written yet is lost, as when the power
# fails; with 1, names are written and content is not.
lose_disk()
{
    python3 -c 'import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
sys.stdin.read()
fcntl.ioctl(fd, 0x8004587D, struct.pack("I", int(sys.argv[2])))' "$tmp/disk" "$1"
}

start()
{
    : >"$tmp/err"
    obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
        "$tmp/context" >"$tmp/out" 2>"$tmp/err" </dev/null 9>&- &
    pid=$!
}

end()
{
    status=0
    wait $pid || status=$?
}

mkfifo "$tmp/now"
for fs in $filesystems; do
    subject "$fs: everything fails, at 8 moments"
    n_failed=0
    for ((n = 0; n < 8; n++)); do
        new_disk "$fs"
        lose_disk $((1 + n % 2)) <"$tmp/now" &
        loser=$!
        exec 9>"$tmp/now"
        start
        sleep "$(moment $n)"
        exec 9>&-
        wait $loser
        end
        expect_failure '0|1|3' 'Input/output error|Structure needs cleaning|disk I/O'
        [ "$status" = 0 ] || n_failed=$((n_failed + 1))
        umount "$tmp/disk"
        mount_disk
        boot_again
        expect_recovery
    done
    [ $n_failed -ge 2 ] || fail "$n_failed builds failed of 8"
done

[[ $filesystems = *ext4* ]] || exit 0
subject "a disk that becomes read-only, at 8 moments"
n_failed=0
for ((n = 0; n < 8; n++)); do
    new_disk ext4
    mount -o remount,errors=remount-ro "$tmp/disk"
    device=$(findmnt -n -o SOURCE "$tmp/disk")
    start
    sleep "$(moment $n)"
    echo test >"/sys/fs/ext4/${device#/dev/}/trigger_fs_error"
    end
    expect_failure '0|1|3' 'is read-only|Read-only file system|readonly database|attempt to write'
    [ "$status" = 0 ] || n_failed=$((n_failed + 1))
    umount "$tmp/disk"
    e2fsck -fp "$tmp/image" >/dev/null || [ $? -le 1 ]
    mount_disk
    expect_recovery
done
[ $n_failed -ge 2 ] || fail "$n_failed builds failed of 8"
