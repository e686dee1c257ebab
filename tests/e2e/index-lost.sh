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
list >"$tmp/got"
grep -v three "$tmp/got" | cmp -s - "$tmp/want" || fail "the old results are not as they were"
cp "$tmp/got" "$tmp/want"

subject "a damaged index"
dd if=/dev/urandom of="$index" bs=4096 count=1 conv=notrunc status=none
rm -f "$index"-*
expect_same_list
expect_in_stderr "index is damaged: made a new one"

subject "rows that are missing, and rows of results that are not there"
sql "DELETE FROM results WHERE heading LIKE '%one%';
    INSERT INTO results VALUES('$(printf '%064d' 7)', '', 'RUN nothing', 1, 1, 1);"
expect_same_list

subject "delete finds what a dead builder left without a row"
sql "DELETE FROM results WHERE heading LIKE '%three%'"
expect_exit 0 obexec delete --store="$store" "$two"
expect_stdout "2 results removed"
[ ! -e "$tmp/store/result/$id" ] || fail "a child has survived its parent"
