#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Old results are removed, least recently used first, and nothing that is in use or stood on.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

# Sets the last use of the result of a step: used HEADING DATE
used()
{
    touch -d "$2" "$(grep -l "\"heading\":\"$1" "$tmp"/store/state/*/*)"
}

prune()
{
    expect_exit 0 obexec prune --store="$store" "$@"
}

# The steps whose results are there, oldest first.
expect_steps()
{
    expect_exit 0 obexec ls --store="$store"
    expect_equal "$*" "$(sed -E 's/.*s  //' "$tmp/out" | tr '\n' ' ' | sed 's/ $//')" "what is there"
}

# FROM <- a <- a2, FROM <- b, FROM <- c: chains of their own length, used in this order.
build_all()
{
    dockerfile <<END
FROM busybox AS base
FROM base AS a
RUN : a; dd if=/dev/zero of=/a bs=1M count=2 2>/dev/null
RUN : a2; >/a2
FROM base AS b
RUN : b; dd if=/dev/zero of=/b bs=1M count=2 2>/dev/null
FROM base AS c
RUN : c; >/c
FROM base
RUN --mount=from=a,target=/m1 --mount=from=b,target=/m2 --mount=from=c,target=/m3 : end
END
    build_ok -j1
    expect_exit 0 obexec ls --store="$store"
    used "FROM" 2020-01-01
    used "RUN : a;" 2020-01-01
    used "RUN : a2" 2020-01-02
    used "RUN : b" 2020-01-03
    used "RUN : c" 2020-01-04
    used "RUN --mount" 2020-01-05
}

subject "it says what may go, or nothing does"
build_all
expect_exit 2 obexec prune --store="$store"
expect_in_stderr "say what may go"

subject "a dry run only says it"
prune --dry-run --all
expect_in_stdout "^6 results to remove"
prune --all -n
expect_in_stdout "^6 results to remove"

subject "the least recently used go first, and what stands on another before that"
prune --all --max=2
expect_equal "RUN : a2; >/a2|RUN : a;" \
    "$(sed -n -E '1,2s/^.{12} +[0-9.]+ .?i?B  //p' "$tmp/out" | sed 's/a; .*/a;/' | paste -sd '|')" \
    "what was removed"
expect_in_stdout "^2 results removed, 2\.[0-9] MiB"

subject "a result is as old as the last use of what stands on it"
build_all
prune --before=2020-01-04
expect_in_stdout "^3 results removed" # a, a2 and b; FROM is older, but c stands on it
prune --before=2020-01-04
expect_in_stdout "^0 results removed"

subject "what is kept by one option is not removed for another"
build_all
prune --before=2020-01-04 --keep-days=100000
expect_in_stdout "^0 results removed"
prune --keep-days=30 --max=1
expect_in_stdout "^1 result removed"

subject "until all take no more than this"
build_all
prune --keep-bytes=100m
expect_in_stdout "^0 results removed"
prune --keep-bytes=4500k # less than the files of a, b and FROM
expect_in_stdout "^2 results removed"

subject "sizes are right again when a result is made again"
build_all
prune --keep-bytes=4500k
expect_in_stdout "^2 results removed"

subject "the log, the record and the row go too"
prune --all
expect_equal "" "$(find "$tmp"/store/result "$tmp"/store/tmp "$tmp"/store/state/log \
    "$tmp"/store/state/record "$tmp"/store/state/unsynced -mindepth 1)" "what is left"
expect_exit 0 obexec ls --store="$store"
expect_stdout ""

subject "what failed goes when it is old"
dockerfile <<'END'
FROM busybox
RUN false
END
build
expect_equal 1 "$status" "the exit status"
prune --keep-days=1
expect_equal 1 "$(find "$tmp/store/state/log" -name '*.failed' | wc -l)" "the number of failed logs"
touch -d 2020-01-01 "$tmp"/store/state/log/*.failed "$tmp"/store/state/failed/*
prune --keep-days=1
expect_equal "" "$(find "$tmp"/store/state/log "$tmp"/store/state/failed -mindepth 1 ! -name '*[0-9a-f]')" \
    "what is left of it"
prune --all

other_is_done()
{
    local n
    n=$(sed -n -E 's,^\[([0-9]+)/.* RUN echo other.*,\1,p' "$tmp/build.err")
    [ -n "$n" ] && grep -q "^\[$n/.*done" "$tmp/build.err"
}

subject "what a running build uses stays, and what it has not used goes"
dockerfile <<'END'
FROM busybox
RUN : old
END
build_ok
old=$id
dockerfile <<'END'
FROM busybox AS other
RUN echo other >/other
FROM busybox
RUN echo mine >/mine
RUN sleep 2; cat /mine
COPY --from=other /other /copy
END
obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" "$tmp/context" \
    >"$tmp/build.out" 2>"$tmp/build.err" </dev/null &
pid=$!
expect_soon 10 grep -q "sleep 2" "$tmp/build.err"
expect_soon 10 other_is_done
prune --all
expect_in_stdout "^1 result removed"
expect_in_stdout "^$(echo "$old" | cut -c 1-12) "
kill -0 "$pid" || fail "the build ended before prune did"
wait "$pid" || fail "the build failed: $(cat "$tmp/build.err")"
prune --all
expect_in_stdout "^5 results removed"

subject "a child that a dead builder left keeps its parent"
dockerfile <<'END'
FROM busybox
RUN : parent
RUN : child
END
build_ok
python3 - "$tmp/store/state/index.db" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("DELETE FROM results WHERE heading = 'RUN : child'")
db.commit()
END
prune --all --max=1
expect_in_stdout "RUN : child"

subject "the result of a health check that runs meanwhile stays"
made()
{
    ls "$tmp/health/store/result" 2>/dev/null
}
# Stops a check in $pid when its result is there. Few tries do not come in time.
stop_check()
{
    obexec healthcheck --store="overlayfs:$tmp/health/store" >"$tmp/health/out" 2>&1 &
    pid=$!
    until [ -n "$(made)" ] || ! kill -0 $pid 2>/dev/null; do :; done
    kill -STOP $pid 2>/dev/null && [ -n "$(made)" ]
}
go_on()
{
    kill -CONT $pid 2>/dev/null || :
}
cleanup_fn go_on
mkdir "$tmp/health"
tries=0
until stop_check; do
    go_on
    wait $pid || fail "$(cat "$tmp/health/out")"
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "no check can be stopped in time"
done
expect_exit 0 obexec prune --all --store="overlayfs:$tmp/health/store"
expect_different "" "$(made)" "what is left of the check's result"
go_on
wait $pid || fail "$(cat "$tmp/health/out")"
expect_equal "" "$(made)" "what the check leaves"
