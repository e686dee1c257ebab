#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Results that a running build builds on are not removed under it.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base

dockerfile <<'END'
FROM busybox
RUN echo parent >/parent
END
build_ok
parent=$id

for command in "delete $parent" clean; do
    subject "obexec ${command%% *} waits for a running build"
    dockerfile <<END
FROM busybox
RUN echo parent >/parent
RUN echo ${command%% *}; sleep 1; cat /parent >/child
END
    obkit build --store="$store" --build-context=busybox=dir:"$tmp/base" "$tmp/context" \
        >"$tmp/build.out" 2>"$tmp/build.err" </dev/null &
    pid=$!
    expect_soon 10 grep -q "echo ${command%% *}" "$tmp/build.err"
    # shellcheck disable=SC2086 # a command and its argument
    expect_exit 0 obexec ${command%% *} --store="$store" ${command#"${command%% *}"}
    expect_stderr "obexec: warning: other processes use the store: waiting until they are done"
    ! kill -0 "$pid" 2>/dev/null || wait "$pid" || fail "the build failed: $(cat "$tmp/build.err")"
    child=$(cat "$tmp/build.out")
    [ -n "$child" ] || fail "the build printed no id"
    [ ! -e "$tmp/store/result/$parent" ] || fail "the parent is still there"
    [ ! -e "$tmp/store/result/$child" ] || fail "the child has survived its parent"
done

subject "who comes while results are removed waits, and says so"
cat >"$tmp/alone.py" <<'END'
import fcntl, sys, time
f = open(sys.argv[1], "r+")
fcntl.lockf(f, fcntl.LOCK_EX)
print("alone", flush=True)
sys.stdin.read()
END
mkfifo "$tmp/end"
python3 "$tmp/alone.py" "$tmp/store/state/locks" <"$tmp/end" >"$tmp/alone" &
exec 9>"$tmp/end"
expect_soon 10 test -s "$tmp/alone"
obexec ls --store="$store" >"$tmp/out" 2>"$tmp/err" 9>&- &
expect_soon 10 grep -q "another process" "$tmp/err"
exec 9>&-
wait $! || fail "it failed: $(cat "$tmp/err")"
expect_stderr "obexec: warning: another process removes results: waiting until it is done"
