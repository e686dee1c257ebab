#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The index can be lost, damaged or wrong: it is made again from the store.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

index=$tmp/store/state/index.db

# Statements on the index, with Python's own SQLite.
sql()
{
    python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript(sys.argv[2])
db.commit()' "$index" "$1"
}

dockerfile <<'END'
FROM busybox
RUN echo one >/one
RUN echo two >/two
END
build_ok
two=$id
# What obexec ls says, but for the seconds, as a record is written before its result is published,
# and the order within a second.
list()
{
    expect_exit 0 obexec ls --store="$store"
    sed -E 's/ +[0-9.]+s  /  /' "$tmp/out" | sort
}

list >"$tmp/want"
expect_equal 3 "$(wc -l <"$tmp/want")" "the number of results"

# obexec ls says the same as at first.
expect_same_list()
{
    list >"$tmp/got"
    cmp -s "$tmp/want" "$tmp/got" && return
    diff "$tmp/want" "$tmp/got" || :
    fail "obexec ls says something else"
}

subject "a lost index"
rm "$index"*
expect_same_list
expect_stderr ""

subject "a lost index, when the next thing is a build"
rm "$index"*
dockerfile <<'END'
FROM busybox
RUN echo one >/one
RUN echo two >/two
RUN echo three >/three
END
build_ok
expect_counts 3 1
three=$id
list >"$tmp/got"
grep -v three "$tmp/got" | cmp -s - "$tmp/want" || fail "the old results are not as they were"
cp "$tmp/got" "$tmp/want"

subject "a damaged index"
dd if=/dev/urandom of="$index" bs=4096 count=1 conv=notrunc status=none
rm -f "$index"-*
expect_same_list
expect_in_stderr "index is damaged: made a new one"

# Leaves the first page, of which opening reads the version, and whose tables seem to be there.
damage_behind_first_page()
{
    [ ! -e "$index-wal" ] || fail "the index was not closed"
    dd if=/dev/urandom of="$index" bs=4096 seek=1 \
        count=$(($(stat -c %s "$index") / 4096 - 1)) conv=notrunc status=none
}

subject "an index that is damaged behind its first page, when the next thing is ls"
damage_behind_first_page
expect_same_list
expect_in_stderr "index is damaged: made a new one"
expect_same_list
expect_stderr ""

subject "the same, for a build"
damage_behind_first_page
dockerfile <<'END'
FROM busybox
RUN echo one >/one
RUN echo two >/two
RUN echo three >/three
RUN echo four >/four
END
build_ok
expect_counts 4 1
expect_in_stderr "index is damaged: made a new one"
list >"$tmp/got"
expect_stderr ""
grep -v four "$tmp/got" | cmp -s - "$tmp/want" || fail "the old results are not as they were"

subject "the same, for delete, which finds a result and its children"
damage_behind_first_page
expect_exit 0 obexec delete --store="$store" "$id"
expect_stdout "1 result removed"
expect_same_list

subject "the same, for prune and clean"
cp -a "$tmp/store" "$tmp/store.copy"
damage_behind_first_page
expect_exit 0 obexec prune --all --store="$store"
expect_in_stdout '^4 results removed'
rm -r "$tmp/store"
mv "$tmp/store.copy" "$tmp/store"
damage_behind_first_page
cp -a "$tmp/store" "$tmp/store.copy"
expect_exit 0 obexec clean --store="$store"
expect_in_stdout '^4 results removed'
rm -r "$tmp/store"
mv "$tmp/store.copy" "$tmp/store"
expect_same_list
subject "rows that are missing, and rows of results that are not there"
sql "DELETE FROM results WHERE heading LIKE '%one%';
    INSERT INTO results VALUES('$(printf '%064d' 7)', '', 'RUN nothing', 1, 1, 1);"
expect_same_list

subject "inspect finds what a dead builder left without a row"
sql "DELETE FROM results WHERE heading LIKE '%three%'"
expect_exit 0 obexec inspect --store="$store" "$three"
expect_in_stdout '^step +RUN echo three'

subject "delete finds what a dead builder left without a row"
sql "DELETE FROM results WHERE heading LIKE '%three%'"
expect_exit 0 obexec delete --store="$store" "$two"
expect_stdout "2 results removed"
[ ! -e "$tmp/store/result/$three" ] || fail "a child has survived its parent"

subject "an index that can't be used is no missing result"
sql "PRAGMA user_version = 1000"
expect_exit 3 obexec inspect --store="$store" "$two"
expect_exit 3 obexec delete --store="$store" "$two"
expect_in_stderr 'index is of a newer obkit'
