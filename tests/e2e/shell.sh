#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A shell where a step failed: on its filesystem, with its environment, mounts, user and directory.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
printf 'root:x:0:0::/root:/bin/sh\nme:x:1234:1234::/home:/bin/sh\n' >"$tmp/base/etc/passwd"
echo hidden >"$tmp/secret"
echo shown >"$tmp/context/file"
dockerfile <<'END'
FROM busybox AS other
RUN echo theirs >/theirs
FROM busybox
ENV A=1
WORKDIR /work
RUN echo before >before
USER me
RUN --mount=type=secret,id=s,target=/s,mode=444 --mount=type=bind,from=other,target=/o \
    --mount=type=bind,source=file,target=/c B=2; touch /tmp/x; false
END
mkdir -p "$tmp/base/tmp"
chmod 1777 "$tmp/base/tmp"

look='echo $A:$(id -u):$(pwd):$(cat before):$(cat /s):$(cat /o/theirs):$(cat /c); ls /tmp; touch /tmp/mine'
want='1:1234:/work:before:hidden:theirs:shown'

subject "--on-error=shell opens one where the step failed"
got=0
echo "$look" | obkit build --store="$store" --progress=plain --on-error=shell \
    --build-context=busybox=dir:"$tmp/base" --secret=id=s,src="$tmp/secret" "$tmp/context" \
    >"$tmp/out" 2>"$tmp/err" || got=$?
expect_equal 1 $got "the exit status"
expect_equal "$want" "$(cat "$tmp/out")" "what the shell sees"

subject "with --keep-going the shell comes when the rest is built"
printf 'FROM busybox AS x\nRUN false\nFROM busybox AS y\nRUN echo rest >/rest\nFROM busybox\nCOPY --from=x / /x\nCOPY --from=y / /y\n' >"$tmp/d"
got=0
echo 'echo in a shell' | obkit build --store="$store" --progress=plain -k --on-error=shell \
    --build-context=busybox=dir:"$tmp/base" -f "$tmp/d" "$tmp/context" >"$tmp/out" 2>"$tmp/rest" || got=$?
expect_equal 1 $got "the exit status"
expect_equal "in a shell" "$(cat "$tmp/out")" "the shell"
grep -q 'RUN echo rest' "$tmp/rest" || fail "the rest was not built"

subject "obexec shell ID opens one later, and gives its exit status"
id=$(sed -n 's,.*/state/log/\([0-9a-f]*\)\.failed$,\1,p' "$tmp/err")
got=0
echo "$look; exit 7" | obexec shell --store="$store" --secret=id=s,src="$tmp/secret" \
    "${id:0:12}" >"$tmp/out" 2>"$tmp/err" || got=$?
[ $got = 7 ] || cat "$tmp/err"
expect_equal 7 $got "the exit status"
expect_equal "$want" "$(cat "$tmp/out")" "what the shell sees"
expect_in_stderr 'it failed: exit status 1'

subject "without the secret that the step has, there is none"
echo 'ls /s' | obexec shell --store="$store" "$id" >"$tmp/out" 2>&1 || :
grep -q 'No such file' "$tmp/out" || fail "the secret is there"

subject "on a terminal the shell has one of its own, with its size, and the user's is put back"
cat >"$tmp/terminal.py" <<'END'
import fcntl, os, pty, struct, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
time.sleep(0.5)
os.write(fd, b"stty size; sleep 100\r")
time.sleep(0.5)
os.write(fd, b"\x03")
time.sleep(0.2)
os.write(fd, b"echo end$((1+1)); exit 5\r")
text = b""
while True:
    try:
        chunk = os.read(fd, 4096)
    except OSError:
        break
    if not chunk:
        break
    text += chunk
sys.stdout.buffer.write(text)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print("status", status)
END
ln -sf busybox "$tmp/base/bin/stty"
run python3 "$tmp/terminal.py" obexec shell --store="$store" "$id"
tr -d '\r' <"$tmp/out" >"$tmp/clean"
grep -q '^33 99$' "$tmp/clean" || { cat "$tmp/clean"; fail "the size of the terminal"; }
grep -q '^end2$' "$tmp/clean" || { cat "$tmp/clean"; fail "Ctrl-C did not end the command alone"; }
grep -q '^status 5$' "$tmp/clean" || { cat "$tmp/clean"; fail "the exit status"; }

subject "in the background of a terminal, where it would be stopped for ever, there is none"
cat >"$tmp/background.sh" <<'END'
set -m
"$@" & # a process group of its own
wait $!
echo "status $?"
kill -KILL -- -$! 2>/dev/null
exit 0
END
word="no shell: this process is in the background of its terminal"
run timeout -s KILL 20 python3 "$top_src/tests/e2e/terminal.py" --size=40x200 bash "$tmp/background.sh" \
    obexec shell --store="$store" "$id"
expect_in_stdout "$word"
expect_in_stdout '^status 3$'
run timeout -s KILL 20 python3 "$top_src/tests/e2e/terminal.py" --size=40x200 bash "$tmp/background.sh" \
    obkit build --store="$store" --progress=plain --on-error=shell \
    --build-context=busybox=dir:"$tmp/base" -f "$tmp/d" "$tmp/context"
expect_in_stdout "$word"
expect_in_stdout '^status 1$'

subject "what is pasted arrives, also while the shell writes much"
cat >"$tmp/paste.py" <<'END'
import os, pty, sys, threading
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
text = b""
ready = threading.Event()
def read():
    global text
    while True:
        try:
            chunk = os.read(fd, 4096)
        except OSError:
            return
        text += chunk
        if b"ready2" in text:
            ready.set()
reader = threading.Thread(target=read)
reader.start()
os.write(fd, b"stty -echo; echo ready$((1+1)); busybox sed 's/.*/&&&&&&&&&&/'; exit 6\r")
ready.wait()
lines = b"".join(b"%099d\n" % i for i in range(1000))
while lines:
    lines = lines[os.write(fd, lines):]
os.write(fd, b"\x04")
reader.join()
want = b"".join(b"%099d" % i * 10 + b"\r\n" for i in range(1000))
print("all" if want in text else "not all", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
expect_exit 0 timeout 20 python3 "$tmp/paste.py" obexec shell --store="$store" "$id"
expect_stdout "all 6"

subject "other programs on the store leave a shell what it has"
mkfifo "$tmp/in"
: >"$tmp/out"
obexec shell --store="$store" --secret=id=s,src="$tmp/secret" "$id" <"$tmp/in" >>"$tmp/out" 2>"$tmp/err" &
shell=$!
exec 9>"$tmp/in"
echo 'echo $(cat /c /o/theirs before)' >&9
expect_soon 10 grep -q '^shown theirs before$' "$tmp/out"
expect_exit 0 obexec ls --store="$store"
expect_exit 0 obexec prune --all --store="$store"
: >"$tmp/out"
echo 'echo still $(cat /c /o/theirs before)' >&9
exec 9>&-
wait $shell || fail "the shell"
expect_equal "still shown theirs before" "$(cat "$tmp/out")" "what the shell sees later"

subject "a shell on a result sees it, and leaves nothing"
printf 'FROM busybox\nRUN echo made >/made\n' >"$tmp/good"
build_ok -f "$tmp/good"
expect_equal made "$(echo 'cat /made; touch /x' | obexec shell --store="$store" "${id:0:12}")" \
    "what it sees"
expect_equal "" "$(echo 'ls /x 2>/dev/null' | obexec shell --store="$store" "${id:0:12}" || :)" \
    "what the first one left"
expect_equal "" "$(find "$tmp/store/state/scratch" -mindepth 1)" "what is left in scratch"

subject "an unknown id"
run obexec shell --store="$store" ffff0000
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'no result "ffff0000" in the store'
