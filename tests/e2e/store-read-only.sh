#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A store on a read-only disk can be looked at, and built from as long as all is there; what would
# change it says why it can't.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"
store=overlayfs:$tmp/disk/s
mkdir disk
mount -t tmpfs obkit-e2e disk

be()
{
    mount -o "remount,$1" disk
}

# COMMAND...
expect_read_only()
{
    expect_exit 3 "$@"
    expect_equal "obexec: the store \"$tmp/disk/s\" is read-only" "$(tail -n 1 err)" "the message"
}

looks_good()
{
    expect_exit 0 "$@"
    expect_stderr ""
}

echo x >context/file
dockerfile <<'END'
FROM busybox
COPY file /
RUN echo said; echo two >/two
END
build_ok
two=$id
be ro

subject "a store without caches"
looks_good obexec cache ls --store="$store"
expect_stdout ""
looks_good obexec du --store="$store"

subject "a store where a dead builder has left a row, a log and a scratch directory"
be rw
dockerfile <<'END'
FROM busybox
COPY file /
RUN echo said; echo two >/two
RUN --mount=type=cache,target=/c echo three | tee /three /c/x
END
build_ok
mkdir -p disk/s/state/scratch/"$(printf '%064d' 1)"/x
: >disk/s/state/log/"$(printf '%064d' 1).part"
python3 - disk/s/state/index.db <<'END' || skip "python3 has no SQLite"
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("DELETE FROM results WHERE heading LIKE '%two%'")
db.commit()
END
be ro
looks_good obexec ls --store="$store"
expect_equal 4 "$(wc -l <out)" "the number of results"
looks_good obexec du --store="$store"
expect_in_stdout '^4 results: '
looks_good obexec inspect --store="$store" "${two:0:12}"
expect_in_stdout '^step +RUN echo said'
looks_good obexec inspect --why --store="$store" "$id"
looks_good obexec log --store="$store" "${two:0:12}"
expect_stdout said
looks_good obexec cache ls --store="$store"
expect_in_stdout ' dir +- '

subject "a build that finds everything, under whatever name its base image has"
build_ok
expect_counts 4 0
build_ok --min-free=1000t
expect_counts 4 0
be rw
rm -r disk/s/state/image/* disk/s/state/config/*
be ro
build_ok
expect_counts 4 0

subject "what would change it"
expect_read_only obexec delete --store="$store" "$two"
expect_read_only obexec prune --all --store="$store"
expect_read_only obexec clean --store="$store"
expect_read_only obexec cache rm --store="$store" /c
expect_exit 3 obexec healthcheck --store="$store"
expect_stderr "obexec: making a result in \"$tmp/disk/s\": the store \"$tmp/disk/s\" is read-only"
echo 'RUN echo five' >>context/Dockerfile
build
expect_equal 3 "$status" "the status of a build with something to do"
expect_in_stderr "the store \"$tmp/disk/s\" is read-only\$"

subject "nothing has changed"
be rw
expect_exit 0 obexec ls --store="$store"
expect_equal 4 "$(wc -l <out)" "the number of results"

subject "after a crash of the machine: no build trusts what may be damaged"
be rw
echo other >disk/s/state/boot
be ro
looks_good obexec ls --store="$store"
expect_equal 4 "$(wc -l <out)" "the number of results"
looks_good obexec log --store="$store" "$two"
build
expect_equal 3 "$status" "the status"
expect_in_stderr "^obexec: the store \"$tmp/disk/s\" is read-only\$"
