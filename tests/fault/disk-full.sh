#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A disk that is full at any moment of a build: the build says so, and goes on from there when there
# is space again.
. "$(dirname "$0")/../e2e/functions.sh"
. "$(dirname "$0")/disk.sh"
requires root busybox python3
scratch
requires_disk
make_base
ten_steps 0
build_reference

# Leaves about so much free: KIB
fill_but()
{
    local size
    rm -f "$tmp/disk/filler"
    size=$(($(stat -f -c '%f * %S / 1024' "$tmp/disk") - $1)) # what root may use too
    until fallocate -l "${size}k" "$tmp/disk/filler" 2>/dev/null; do
        rm -f "$tmp/disk/filler"
        size=$((size - 16)) # the filesystem needs some to say what is used
    done
}

for fs in $filesystems; do
    subject "$fs"
    new_disk "$fs"
    fill_but 14000
    n_failed=0
    for ((free = 0; free < 14000; free += 700)); do
        rm -rf "$tmp/disk/store" "$tmp/disk/filler"
        fill_but $free
        build
        expect_failure '0|1|3' 'No space left on device'
        [ "$status" = 0 ] || n_failed=$((n_failed + 1))
        rm "$tmp/disk/filler"
        expect_recovery
    done
    echo "   $n_failed builds failed of 20"
    [ $n_failed -ge 3 ] && [ $n_failed -lt 20 ] || fail "$n_failed builds failed of 20"
done
