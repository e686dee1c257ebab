#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A store on a disk that is full to the last block can be read, and what frees space needs none.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"
store=overlayfs:$tmp/disk/s
head -c 1000000 /dev/urandom >context/big
# Leaves not a block.
fill()
{
    head -c 100000000 /dev/zero >disk/fill 2>/dev/null || true
    while (head -c 1024 /dev/zero >>disk/fill) 2>/dev/null; do # what a large write has left
        true
    done
}

start()
{
    dockerfile <<'END'
FROM busybox
COPY big /one
RUN cp /one /two
RUN --mount=type=cache,target=/c echo x >/c/x
END
    build_ok
    obexec prune --all --store="$store" >/dev/null # as a store that has been in use
    build_ok
    fill
}

# Whether so much is free now: BYTES
has_free()
{
    [ $(($(stat -f -c '%a * %S' disk))) -ge "$1" ]
}

show_all()
{
    subject "$fs: it can be read"
    start
    expect_exit 0 obexec ls --store="$store"
    expect_equal 4 "$(wc -l <out)" "the number of results"
    expect_stderr ""
    expect_exit 0 obexec du --store="$store"
    expect_in_stdout '^4 results: '
    expect_exit 0 obexec inspect --store="$store" "$id"
    expect_in_stdout '^step +RUN --mount'
    expect_exit 0 obexec inspect --why --store="$store" "$id"
    expect_exit 0 obexec log --store="$store" "$id"
    expect_exit 0 obexec cache ls --store="$store"
    expect_stderr ""

    subject "$fs: what is built already is found"
    build_ok
    expect_counts 4 0
    expect_not_in_stderr "No space left"

    rm disk/s/state/image/*
    fill
    build_ok
    expect_counts 4 0
    expect_in_stderr '"busybox" will not be found by its name alone: .*: No space left on device$'

    subject "$fs: prune"
    expect_exit 0 obexec prune --all --store="$store"
    expect_in_stdout '^4 results removed, [0-9.]+ MiB$'
    expect_stderr ""
    has_free 2000000 || fail "nothing is free"
    expect_exit 0 obexec ls --store="$store"
    expect_stdout ""

    subject "$fs: the first command after a crash of the machine"
    rm disk/fill
    build_ok
    printf '%36s\n' another >disk/s/state/boot
    fill
    expect_exit 0 obexec ls --store="$store"
    expect_stdout ""
    expect_in_stderr 'the machine was restarted: removed 4 results'

    subject "$fs: delete"
    rm disk/fill
    build_ok
    fill
    expect_exit 0 obexec delete --store="$store" "$id"
    expect_stdout "1 result removed"
    rm disk/fill
    build_ok
    expect_counts 3 1
    expect_exit 0 obexec ls --store="$store"
    expect_equal 4 "$(wc -l <out)" "the number of results"

    subject "$fs: clean"
    fill
    expect_exit 0 obexec clean --store="$store"
    expect_in_stdout '^1 cache removed'
    expect_exit 0 obexec ls --store="$store"
    expect_stdout ""

    subject "$fs: build --min-free"
    rm disk/fill
    build_ok
    fill
    dockerfile <<'END'
FROM busybox
RUN echo small >/small
END
    build
    expect_equal 3 "$status" "the status"
    expect_in_stderr '^obexec: the store has no more room: obexec prune removes'
    build_ok --min-free=3m
    expect_exit 0 obexec ls --store="$store"
    ! grep -q 'cp /one' out || fail "an old result is still there"
}

mkdir disk
fs=tmpfs
mount -t tmpfs -o size=12m obkit-e2e disk
show_all
umount disk

# A block of 1 KiB is less than a page: the shared memory of the index has holes.
command -v mkfs.ext4 >/dev/null || skip "mkfs.ext4 is not installed, for the second half"
fs=ext4
truncate -s 16m image
mkfs.ext4 -q -b 1024 -O ^has_journal image
mount -o loop image disk
cleanup_fn drop_disk
drop_disk()
{
    umount "$tmp/disk"
}
show_all

subject "$fs: a few blocks that are free are not enough for the index"
build_ok
for kib in 2 4 6 8 9 12 16; do
    rm disk/fill
    head -c $((kib * 1024)) /dev/zero >disk/room
    fill
    rm disk/room
    expect_exit 0 obexec ls --store="$store"
    expect_exit 0 obexec prune --all --max=1 -n --store="$store"
done
