#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is on the disk when the machine crashes: results that were synced are whole, the others are
# made again. The disk is an image, and what it has at that moment is a copy of it.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

mount_image()
{
    mkdir -p "$2"
    mount -o loop "$1" "$2" 2>/dev/null
}

# Builds steps 1 to N: upto N [OPTION...]
upto()
{
    local n=$1 i
    shift
    {
        echo FROM busybox
        for ((i = 1; i <= n; i++)); do
            echo "RUN seq $i 30000 >/file$i; mkdir /dir$i; ln /file$i /dir$i; sha256sum /file* >/sums"
        done
        echo 'RUN sha256sum -c /sums >/dev/null && cat /dir*/file* | wc -c'
    } >"$tmp/context/Dockerfile"
    build_ok "$@"
}

for kind in ext4 xfs; do
    command -v "mkfs.$kind" >/dev/null || continue
    subject "$kind"
    truncate -s 320M "$tmp/disk-$kind"
    "mkfs.$kind" -q "$tmp/disk-$kind" >/dev/null
    mount_image "$tmp/disk-$kind" "$tmp/before-$kind" || skip "no image can be mounted here"
    store=overlayfs:$tmp/before-$kind/store
    upto 3 --durable
    upto 5
    want=$(output)
    cp "$tmp/disk-$kind" "$tmp/crashed-$kind"
    # xfs does not mount two filesystems of one id.
    umount "$tmp/before-$kind"
    mount_image "$tmp/crashed-$kind" "$tmp/after-$kind" || fail "the disk can't be mounted again"
    store=overlayfs:$tmp/after-$kind/store
    echo another-boot >"$tmp/after-$kind/store/state/boot"
    upto 5
    expect_counts 4 3 # FROM and what was durable; then two steps, and the one that looks
    expect_equal "$want" "$(output)" "what the last step sees"
    umount "$tmp/after-$kind"
    rm "$tmp/disk-$kind" "$tmp/crashed-$kind"
done
