#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Steps that ask for an ssh agent get a socket of their own to it, while they run.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
[ -x tests/e2e/ask ] || skip "programs can not be linked statically here"
scratch
make_base
cp tests/e2e/ask "$tmp/base/bin/ask"
cd "$tmp"

# An agent that turns round what it is told.
python3 -c '
import socket, sys, threading
def serve(c):
    text = b""
    while chunk := c.recv(65536):
        text += chunk
    c.sendall(text[::-1])
    c.close()
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(50)
while True:
    threading.Thread(target=serve, args=(s.accept()[0],)).start()
' "$tmp/agent" &
agent=$!
stop_agent()
{
    kill $agent
}
cleanup_fn stop_agent
chmod 600 agent 2>/dev/null || expect_soon 20 test -S agent

subject "by the variable, in its default place, only for root"
dockerfile <<'END'
FROM busybox
RUN --mount=type=ssh echo $SSH_AUTH_SOCK; stat -c '%F %a %u:%g' $SSH_AUTH_SOCK; echo abc | ask $SSH_AUTH_SOCK
RUN echo ${SSH_AUTH_SOCK-unset}; test ! -e /run && echo gone
END
build_ok --ssh default=agent
expect_output $'/run/buildkit/ssh_agent.0\nsocket 600 0:0\n\ncba\nunset\ngone'
with_result "$id" test ! -e run || fail "a mount point is left"

subject "another agent is no other result"
ln -s agent other
build_ok --ssh default=other
expect_counts 3 0

subject "with the mode and owner, and in the place that the step says; the agent of \$SSH_AUTH_SOCK"
dockerfile <<'END'
FROM busybox
USER 7:8
RUN --mount=type=ssh,id=key,target=/etc/agent,mode=0620,uid=5,gid=8,required \
    echo $SSH_AUTH_SOCK; stat -c '%a %u:%g' /etc/agent; echo abc | ask /etc/agent
END
SSH_AUTH_SOCK=$tmp/agent build_ok --ssh key
expect_output $'/etc/agent\n620 5:8\n\ncba'

subject "several clients, and much to say"
dockerfile <<'END'
FROM busybox
RUN --mount=type=ssh for i in $(seq 20); do seq 20000 | ask $SSH_AUTH_SOCK >/tmp/$i & done; wait; \
    cat /tmp/* | wc -c; for i in $(seq 20); do cmp /tmp/1 /tmp/$i; done; rm /tmp/*
END
ln -s busybox base/bin/cmp
build_ok --ssh default=agent
expect_output $((20 * $(seq 20000 | wc -c)))

subject "one that is not given is left out, unless it is required"
dockerfile <<'END'
FROM busybox
RUN --mount=type=ssh : again; ls /run 2>/dev/null || echo none
END
build_ok
expect_output none
dockerfile <<'END'
FROM busybox
RUN --mount=type=ssh,id=key,required true
END
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'failed after .*: the step needs ssh agent "key": give --ssh key\[=SOCKET\]$'

subject "what is no agent, before anything is built"
printf 'FROM busybox\nRUN : it was run\n' >context/Dockerfile
for what in none context/Dockerfile; do
    build --ssh key=$what
    expect_equal 1 "$status" "the exit status"
    expect_in_stderr "ssh agent \"key\": \"$what\"( is no socket|: No such file)"
    expect_not_in_stderr "it was run"
done
(
    unset SSH_AUTH_SOCK
    build --ssh key
    expect_equal 1 "$status" "the exit status"
    expect_in_stderr 'ssh agent "key": SSH_AUTH_SOCK is not set: give --ssh key=SOCKET$'
)

subject "no process and no socket is left, also of a build that is killed"
printf 'FROM busybox\nRUN --mount=type=ssh echo ready; sleep 60\n' >context/killed
obkit build --store="$store" --progress=plain --build-context=busybox=dir:base --ssh default=agent \
    -f context/killed context >/dev/null 2>err.killed &
pid=$!
expect_soon 20 has_printed killed '\| ready'
kill_build
no_relay()
{
    local file
    for file in /proc/[0-9]*/cmdline; do
        if tr '\0' '\n' 2>/dev/null <"$file" | grep -q "^--store=$store"; then
            return 1
        fi
    done
}
expect_soon 20 no_relay
build
expect_equal "" "$(ls store/state/scratch)" "what is left"

subject "a real ssh-agent"
if command -v ssh-agent >/dev/null; then
    eval "$(ssh-agent -a "$tmp/real")" >/dev/null
    stop_real()
    {
        kill "$SSH_AGENT_PID"
    }
    cleanup_fn stop_real
    dockerfile <<'END'
FROM busybox
RUN --mount=type=ssh printf '\000\000\000\001\013' | ask $SSH_AUTH_SOCK 9 | od -An -tx1
END
    ln -s busybox base/bin/od
    build_ok --ssh default
    expect_output ' 00 00 00 05 0c 00 00 00 00'
fi
