#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A failing step: what was built before stays, its log is kept and named, and it is tried again.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

write_dockerfile()
{
    dockerfile <<END
FROM busybox AS one
RUN echo one >/one
FROM busybox AS two
RUN echo two >/two
FROM busybox AS three
RUN echo fine
RUN echo about to fail; $1
RUN echo never
FROM busybox
COPY --from=one /one /
COPY --from=two /two /
COPY --from=three /etc/passwd /three
END
}

subject "an unrelated step fails: exit status 1, the log named, nothing on standard output"
write_dockerfile 'printf "last words"; exit 7'
build -j 1
expect_equal 1 "$status" "the exit status"
expect_stdout ""
expect_in_stderr '^\[[0-9]+/9\] failed after [0-9.]+s: exit status 7$'
expect_in_stderr "^ +at: $tmp/context/Dockerfile:7\$"
expect_in_stderr ', 1 failed, 6 not run in '
log=$(sed -n 's/^ *log: //p' "$tmp/err")
[ -f "$log" ] || fail "no log file is named"
expect_equal $'about to fail\nlast words' "$(cat "$log")" "the log"
key=$(basename "$log" .failed)
[ ! -e "$tmp/store/result/$key" ] || fail "the failed step is in the store"
! output | grep -q never || fail "a step ran after its parent failed"

subject "obexec log prints it, for the whole id and for its beginning"
for name in "$key" "${key:0:12}"; do
    expect_exit 0 obexec log --store="$store" "$name"
    expect_stdout $'about to fail\nlast words'
done

subject "what came before is cached; the failed step runs again"
build -j 1
expect_equal 1 "$status" "the exit status"
[ "$(output)" = $'about to fail\nlast words' ] || fail "the second try printed: $(output)"
expect_exit 0 obexec log --store="$store" "$key"

subject "another way to fail: killed by a signal"
# shellcheck disable=SC2016
write_dockerfile 'kill -TERM $$'
build -j 1
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'failed after .*: killed by signal 15 \(Terminated\)$'

subject "another way to fail: a program that is not there"
write_dockerfile 'true'
printf 'FROM busybox\nRUN ["/no/such", "x"]\n' | dockerfile
build
expect_equal 1 "$status" "the exit status"
expect_output 'obexec: can'"'"'t run "/no/such": no such file or directory'
expect_in_stderr 'failed after .*: exit status 127$'

subject "when the failure is mended the build goes on from there"
write_dockerfile 'true'
build_ok
[ "$(output | grep -c fine)" = 0 ] || fail "a step that was done ran again"
[ "$(output | grep -c never)" = 1 ] || fail "the step after the failure did not run"
with_result "$id" cmp one <(echo one)
with_result "$id" cmp two <(echo two)

subject "quiet progress names the failure and the log, and shows the end of the output"
printf 'FROM busybox\nRUN echo not shown\nRUN seq 100; false\n' | dockerfile
build --progress=quiet
expect_equal 1 "$status" "the exit status"
expect_equal "$(seq 81 100 | sed 's/^/ 3 | /')" "$(grep '^ 3 | [0-9]' "$tmp/err")" "the output"
expect_not_in_stderr 'not shown'
expect_in_stderr '^\[3/3\] failed after .*: exit status 1$'
expect_in_stderr '^ +log: /.*\.failed$'

subject "what failed before its command ran has no log to name"
for before in 'USER nobody\nRUN id' 'WORKDIR /etc/passwd'; do
    printf 'FROM busybox\n%b\n' "$before" | dockerfile
    build
    expect_equal 1 "$status" "the exit status"
    expect_in_stderr ' failed after '
    ! grep -q 'log: ' "$tmp/err" || fail "\"$before\": a log is named"
done
printf 'FROM busybox\nRUN false\n' | dockerfile
build
expect_in_stderr '^ +log: /.*\.failed$'

subject "a result that can't be published: its log is that of a failure"
{
    echo 'FROM busybox'
    echo 'RUN --mount=type=cache,target=/c echo said; until [ -e /c/go ]; do sleep 0.02; done'
} >"$tmp/context/stuck"
start_build stuck
expect_soon 20 has_printed stuck '\| said'
if chattr +i "$tmp/store/result" 2>/dev/null; then
    touch "$(echo "$tmp"/store/state/cache/*/0)/go"
    status=0
    wait $pid || status=$?
    chattr -i "$tmp/store/result"
    expect_equal 3 "$status" "the exit status"
    log=$(sed -n 's/^ *log: //p' "$tmp/err.stuck")
    expect_equal said "$(cat "$log")" "the log $log"
    key=$(basename "$log" .failed)
    expect_equal "" "$(find "$tmp/store/state" -name "$key")" "what else is left"
else # a filesystem without that flag, or a user namespace
    kill "$pid"
    wait "$pid" || true
fi

subject "nothing temporary is left in the store"
expect_equal "" "$(find "$tmp/store/state/log" -name '*.part')" "what is left of logs"

subject "what can't be removed of a dead transaction keeps nobody from building"
mkdir -p "$tmp/store/tmp/txn-1-1/busy"
mount -t tmpfs none "$tmp/store/tmp/txn-1-1/busy"
printf 'FROM busybox\nRUN echo all the same\n' | dockerfile
build_ok
expect_in_stderr "^obexec: warning: .*can't remove \"txn-1-1\""
