#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# After a crash of the machine, which another boot id tells, results that are not known to be on
# disk are made again, with what was built on them; those that are stay.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

# What a restart leaves: the store's own note of the boot is another one.
restart()
{
    echo another-boot >"$tmp/store/state/boot"
}

# As if nothing that was built on FROM had been synced.
forget_syncs()
{
    local record
    for record in "$tmp"/store/state/record/*; do
        grep -q '"kind":"from"' "$record" || mv "$record" "$tmp/store/state/unsynced"
    done
}

dockerfile <<'END'
FROM busybox
RUN echo one >/one
END
build_ok --durable
one=$id
dockerfile <<'END'
FROM busybox
RUN echo one >/one
RUN echo two >/two
RUN echo three >/three
END
build_ok
three=$id

subject "nothing is dropped as long as the machine runs"
build_ok
expect_counts 4 0

subject "what was not synced is dropped after a restart, and said so"
restart
expect_exit 0 obexec ls --store="$store"
expect_in_stderr "the machine was restarted: removed 2 results that may not have reached the disk"
expect_equal 2 "$(wc -l <"$tmp/out")" "the number of results"
[ -e "$tmp/store/result/$one" ] || fail "a result that is on disk was removed"
[ ! -e "$tmp/store/result/$three" ] || fail "a result that may be damaged was kept"

subject "and made again"
build_ok
expect_counts 2 2
expect_equal "$three" "$id" "the id"

subject "a durable build brings to disk what it finds, too"
build_ok --durable
expect_counts 4 0
restart
build_ok
expect_counts 4 0

subject "what is built on something that is lost goes with it, synced or not"
build_ok --durable
dockerfile <<'END'
FROM busybox
RUN echo one >/one
RUN echo two >/two
RUN echo three >/three
RUN echo four >/four
END
build_ok --durable
expect_counts 4 1
rm "$tmp/store/state/record/$one"
restart
build_ok
expect_counts 1 4

subject "what is not this store's own stays, though it looks alike"
mkdir "$tmp/store/result/something" "$tmp/store/tmp/mine" "$tmp/store-other"
mount -t tmpfs tmpfs "$tmp/store-other"
touch "$tmp/store/state/unsynced/something" "$tmp/store/state/record/$(printf '%063d' 1)"
restart
expect_exit 0 obexec ls --store="$store"
for file in result/something tmp/mine state/unsynced/something "state/record/$(printf '%063d' 1)"; do
    [ -e "$tmp/store/$file" ] || fail "$file was removed"
done
mountpoint -q "$tmp/store-other" || fail "another mount is gone"
umount "$tmp/store-other"

subject "a damaged or missing note of the boot is another boot"
for damage in "" "garbage"; do
    forget_syncs
    printf %s "$damage" >"$tmp/store/state/boot"
    build_ok
    expect_counts 1 4
done
forget_syncs
rm "$tmp/store/state/boot"
build_ok
expect_counts 1 4

subject "the index, which is never synced, is made again"
build_ok --durable
expect_counts 5 0
restart
echo damaged >"$tmp/store/state/index.db"
build_ok
expect_counts 5 0
expect_not_in_stderr damaged
expect_exit 0 obexec ls --store="$store"
expect_equal 5 "$(wc -l <"$tmp/out")" "the number of results"
