# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For the scripts in this directory: a small disk, that is a file on a loop device, for a store
# ($store, also as $tmp/store), and the ten steps that are built on it.
# shellcheck disable=SC2154 # what functions.sh sets

# Each script is run on those of these that can be made: $filesystems.
requires_disk()
{
    local fs
    filesystems=
    for fs in ext4 xfs; do
        ! command -v mkfs.$fs >/dev/null || filesystems+=" $fs"
    done
    [ -n "$filesystems" ] || skip "mkfs.ext4 and mkfs.xfs are not installed"
    truncate -s 1M "$tmp/probe"
    losetup --show -f "$tmp/probe" >"$tmp/out" 2>&1 || skip "no loop devices: $(cat "$tmp/out")"
    losetup -d "$(cat "$tmp/out")"
}

# Makes an empty disk: new_disk FILESYSTEM
new_disk()
{
    umount "$tmp/disk" 2>/dev/null || :
    rm -f "$tmp/image"
    truncate -s 320M "$tmp/image"
    # SQLite maps a file, and makes sure of the space by pages: a block must not be smaller.
    if [ "$1" = ext4 ]; then
        mkfs.ext4 -q -b 4096 "$tmp/image"
    else
        "mkfs.$1" -q "$tmp/image" # of xfs, 300 MB at least
    fi
    mkdir -p "$tmp/disk"
    mount_disk
    store=overlayfs:$tmp/disk/store
    ln -sfn disk/store "$tmp/store" # where with_result looks
}

mount_disk()
{
    mount -o loop "$tmp/image" "$tmp/disk"
}

# Ten steps that write half a megabyte, and sleep for this long in all: ten_steps SECONDS
ten_steps()
{
    mkdir -p "$tmp/context/dir"
    head -c 100000 /dev/zero >"$tmp/context/dir/file"
    local nap="sleep $1" half="dd if=/dev/zero of=/f bs=50k count=1"
    dockerfile <<END
FROM busybox AS one
RUN $half; $nap; seq 3000 >/one
COPY dir /dir
RUN $nap; echo 1 >>/one
FROM busybox
COPY --from=one /dir /dir
RUN set -e; $half; $nap
RUN rm /f; $nap; seq 9000 >/two
COPY --from=one /one /one
RUN set -e; cat /one /two >/three
END
}

# What the last build made, each file with its content.
tree()
{
    with_result "$id" python3 "$top_src/tests/e2e/tree.py"
}

# The machine has booted since the store was used.
boot_again()
{
    echo 00000000-0000-4000-8000-000000000000 >"$tmp/boot"
    [ ! -s "$tmp/disk/store/state/boot" ] || cp "$tmp/boot" "$tmp/disk/store/state/boot"
}

# What is to be had from the steps when nothing is wrong: its id in $want, the tree in $tmp/want.
build_reference()
{
    new_disk "${filesystems##* }"
    build_ok
    want=$id
    tree >"$tmp/want"
}

# The last build has ended as one may when the disk fails, and says why: STATUS_REGEXP LINE_REGEXP
expect_failure()
{
    if [[ ! $status =~ ^($1)$ ]]; then
        show_run
        fail "the build ended with status $status"
    fi
    [ "$status" = 0 ] || expect_in_stderr "$2"
}

# The disk is well again: the next build makes what it should, and nothing is left over.
expect_recovery()
{
    build_ok
    expect_equal "$want" "$id" "the result"
    tree >"$tmp/got"
    diff -u "$tmp/want" "$tmp/got"
    expect_exit 0 obexec ls --store="$store"
    expect_equal "" "$(cat "$tmp/err")" "what ls says"
    expect_equal "" "$(find "$tmp/disk/store/tmp" "$tmp/disk/store/state/scratch" -mindepth 1 \
        2>/dev/null; find "$tmp/disk/store/state/log" -name '*.part')" "what is left over"
}
