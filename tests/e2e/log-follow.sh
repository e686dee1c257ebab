#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The log of a step can be read while the step runs, by another process, until it ends.
. "$(dirname "$0")/functions.sh"
requires root busybox pgrep python3
scratch
make_base

# A step that prints a line each 0.1 seconds. $step gets its id.
start_step()
{
    dockerfile <<END
FROM busybox
RUN for i in 1 2 3 4 5 6 7 8; do echo "line \$i"; sleep 0.1; done; $1
END
    spec2ir -o "$tmp/ir.json" "$tmp/context/Dockerfile"
    obexec --store="$store" --build-context=busybox=dir:"$tmp/base" "$tmp/ir.json" \
        >"$tmp/build.out" 2>"$tmp/build.err" &
    pid=$!
    expect_soon 10 has_log
    step=$(basename "$tmp"/store/state/log/*.part .part)
}

descendants()
{
    local child
    for child in $(pgrep -P "$1"); do
        descendants "$child"
        echo "$child"
    done
}

has_log()
{
    [ -s "$(echo "$tmp"/store/state/log/*.part)" ]
}

eight_lines()
{
    seq -f 'line %g' 8
}

subject "what there is of a running step's log is printed, and its end is not waited for"
start_step true
expect_exit 0 obexec log --store="$store" "$step"
expect_in_stdout '^line 1$'
! grep -q 'line 8' "$tmp/out" || fail "the log was waited for"

subject "with -f it is printed to its end"
expect_exit 0 obexec log --store="$store" -f "${step:0:12}"
expect_stdout "$(eight_lines)"
wait "$pid" || fail "the build failed"

subject "so it is when the step fails"
start_step 'exit 3'
expect_exit 0 obexec log --follow --store="$store" "$step"
expect_stdout "$(eight_lines)"
wait "$pid" && fail "the build did not fail"

subject "a step that is killed ends its log"
start_step 'sleep 60'
: >"$tmp/out"
obexec log -f --store="$store" "$step" >"$tmp/out" 2>"$tmp/err" &
log=$!
has_all()
{
    [ "$(wc -l <"$tmp/out")" = 8 ]
}
expect_soon 10 has_all
# shellcheck disable=SC2046 # words
kill -KILL "$pid" $(descendants "$pid")
wait "$log" || fail "log ended with status $?"
sed -i '/^Killed$/d' "$tmp/out" # the step's shell may just have the time to say so
expect_stdout "$(eight_lines)"

subject "a log that is complete is printed at once"
start_step ': again'
wait "$pid"
expect_exit 0 obexec log -f --store="$store" "$(cat "$tmp/build.out")"
expect_stdout "$(eight_lines)"

subject "on a terminal a log does not drive it; elsewhere it is as it was written"
start_step 'printf "\\033]0;title\\007\\033[31mred\\033[2J \\303\\251 10%%\\r100%%\\nno end"'
wait "$pid"
expect_exit 0 obexec log --store="$store" "$step"
expect_equal "$(printf '\033]0;title\007\033[31mred\033[2J \303\251 10%%\r100%%\nno end')" \
    "$(tail -n 2 "$tmp/out")" "the log"
on_terminal()
{
    python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$@" </dev/null
}
for follow in "" -f; do
    # shellcheck disable=SC2086 # nothing or a word
    on_terminal obexec log $follow --store="$store" "$step" >"$tmp/out"
    ! grep -q $'\033' "$tmp/out" || fail "there are control sequences: $(cat -v "$tmp/out")"
    expect_equal "100%/no end/" "$(tail -n 2 "$tmp/out" | tr -d '\r' | tr '\n' /)/" "the end"
    expect_equal 10 "$(grep -c . "$tmp/out")" "the number of lines"
done

subject "a reader who has seen enough is no failure"
unread='import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.run(sys.argv[1:], stdout=w).returncode)'
expect_exit 0 python3 -c "$unread" obexec log --store="$store" "$step"
expect_stderr ""
