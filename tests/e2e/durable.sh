#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --durable: a result is on disk before it counts. Without it, syncs come now and then.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

unsynced()
{
    find "$tmp/store/state/unsynced" -type f | wc -l
}

subject "without --durable nothing is synced for a short build"
dockerfile <<'END'
FROM busybox
RUN : one
RUN : two
END
build_ok
expect_equal 3 "$(unsynced)" "the number of results that are not synced"

subject "--durable syncs also what was found"
build_ok --durable
expect_counts 3 0
expect_equal 0 "$(unsynced)" "the number of results that are not synced"

subject "a step is done when its result is on disk, also if the build is killed then"
dockerfile <<'END'
FROM busybox
RUN : one
RUN : kept
RUN : killed; sleep 20
END
obkit build --durable --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
    "$tmp/context" >"$tmp/build.out" 2>"$tmp/build.err" </dev/null &
pid=$!
expect_soon 10 grep -q "\[4/4\]" "$tmp/build.err"
expect_equal 0 "$(unsynced)" "the number of results that are not synced"
kill -9 "$pid"
wait "$pid" || :
echo another-boot >"$tmp/store/state/boot"
dockerfile <<'END'
FROM busybox
RUN : one
RUN : kept
END
build_ok
expect_counts 3 0

subject "a sync comes when what it protects took ten seconds, of several builds"
dockerfile <<'END'
FROM busybox
RUN : three
END
printf 9999 >"$tmp/store/state/risk"
build_ok
expect_equal 0 "$(unsynced)" "the number of results that are not synced"
[ ! -e "$tmp/store/state/risk" ] || fail "the risk is still noted"

subject "a sync that fails: nobody says that all is well until what is in doubt was removed"
dockerfile <<'END'
FROM busybox
RUN : four; sleep 3
END
start_build Dockerfile
expect_soon 10 has_printed Dockerfile "RUN : four"
printf 5 >"$tmp/store/state/sync-failed"
expect_exit 0 obexec ls --store="$store" # opens it meanwhile
expect_in_stderr "the store could not be synced: .*: Input/output error"
status=0
wait "$pid" || status=$?
expect_equal 3 "$status" "the exit status"
has_printed Dockerfile "the store could not be synced: .*: Input/output error" || fail "no reason is given"
build_ok
expect_in_stderr "the store could not be synced: removed 1 result that may not have reached the disk"
expect_counts 1 1
build_ok
expect_counts 2 0
