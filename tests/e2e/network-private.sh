#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A private network reaches the world and not the machine's own loopback; without the means for one,
# steps get the host's, and are told so, or fail. The test's "host" is a network namespace of its
# own, its "world" another one behind a veth.
. "$(dirname "$0")/functions.sh"
requires root busybox python3 ip
[ -n "${OBKIT_NETNS:-}" ] || OBKIT_NETNS=1 exec unshare --net "$0" "$@"
scratch
make_base
ln -s busybox "$tmp/base/bin/nslookup"
cd "$tmp"

world_pid=
end_world()
{
    [ -z "$world_pid" ] || kill "$world_pid"
}
cleanup_fn end_world

# HOST'S ADDRESS: says "hello" to whoever connects, and knows one name.
cat >"$tmp/world.py" <<'END'
import os, socket, struct, sys, threading
def hello(listener):
    while True:
        c, _ = listener.accept()
        c.sendall(b"hello\n")
        c.close()
def names(sock):
    while True:
        q, peer = sock.recvfrom(512)
        end = q.index(0, 12) + 5
        if q[end - 4 : end] != b"\0\1\0\1" or b"\7obkit-x" not in q:
            sock.sendto(q[:2] + b"\x81\x83" + q[4:6] + b"\0" * 6 + q[12:end], peer)
            continue
        answer = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 9, 4) + socket.inet_aton("198.51.100.7")
        sock.sendto(q[:2] + b"\x81\x80" + q[4:6] + b"\0\1\0\0\0\0" + q[12:end] + answer, peer)
tcp = socket.create_server((sys.argv[1], 8000))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((sys.argv[1], 53))
threading.Thread(target=names, args=(udp,), daemon=True).start()
open(sys.argv[2], "w").close()
hello(tcp)
END

unshare --net sleep 300 &
world_pid=$!
in_world()
{
    nsenter --net=/proc/$world_pid/ns/net "$@"
}
other_net()
{
    [ "$(readlink /proc/$world_pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]
}
expect_soon 5 other_net
ip link set lo up
ip link add host0 type veth peer name world0 netns $world_pid || skip "veths can not be made here"
ip addr add 198.51.100.1/24 dev host0
ip link set host0 up
in_world ip addr add 198.51.100.2/24 dev world0
in_world ip link set world0 up
# Not by in_world, as a function's shell would take the signal that ends the server.
nsenter --net=/proc/$world_pid/ns/net python3 world.py 198.51.100.2 world-up &
servers=("$!")
python3 world.py 127.0.0.1 loopback-up &
servers+=("$!")
end_servers()
{
    kill "${servers[@]}"
}
cleanup_fn end_servers
expect_soon 10 test -e world-up -a -e loopback-up

mkdir upper work
mount -t overlay -o "lowerdir=/etc,upperdir=$tmp/upper,workdir=$tmp/work" overlay /etc
rm /etc/resolv.conf
printf 'nameserver 198.51.100.2\nsearch example.net\n' >/etc/resolv.conf

settings()
{
    ip -4 -o addr
    ip -4 route show table all
    ls /proc/sys/net/ipv4/conf
    cat /proc/sys/net/ipv4/ip_forward
}
before=$(settings)
ask="for to in 198.51.100.2 127.0.0.1 10.0.2.2; do nc -w 2 \$to 8000 </dev/null 2>/dev/null || echo none; done"

subject "without slirp4netns, steps have the host's network"
printf 'FROM busybox\nRUN %s\n' "$ask" | dockerfile
without_helper()
{
    mkdir -p "$tmp/path"
    run env PATH="$tmp/path" "$top_build/obkit" build --store="$store" \
        --build-context=busybox=dir:"$tmp/base" "$@" "$tmp/context"
}
without_helper --progress=json
expect_equal 0 "$status" "the exit status"
[ "$(grep -c '"note".*have the host.s network, as.*slirp4netns' err)" = 1 ] ||
    fail "nobody is told: $(cat err)"
printf 'FROM busybox\nRUN %s # again\n' "$ask" | dockerfile
without_helper --network-default=private --progress=plain
expect_equal 3 "$status" "the exit status"
expect_in_stderr '^obexec: --network-default=private: a private network needs the program "slirp4netns"'
without_helper --progress=plain
expect_equal 0 "$status" "the exit status"
expect_output $'hello\nhello\nnone'
without_helper --network-default=none --progress=plain
expect_output $'none\nnone\nnone'

subject "a slirp4netns that does not work is no reason to go on with another network"
printf '#!/bin/sh\necho one thing >&2\necho no luck >&2\nexit 1\n' >"$tmp/path/slirp4netns"
chmod +x "$tmp/path/slirp4netns"
printf 'FROM busybox\nRUN %s # failing\n' "$ask" | dockerfile
if [ -w /dev/net/tun ]; then
    without_helper --progress=plain
    expect_equal 3 "$status" "the exit status"
    expect_in_stderr '^obexec: sandbox: slirp4netns: no luck \(--network-default=host needs none\)$'
    printf '#!/bin/sh\n' >"$tmp/path/slirp4netns"
    without_helper --progress=plain
    expect_equal 3 "$status" "the exit status"
    expect_in_stderr '^obexec: sandbox: slirp4netns failed without saying why'
fi

requires slirp4netns
obexec clean --store="$store"
subject "a private network reaches the world, and nothing of the host's own"
build_ok --network-default=private
expect_output $'hello\nnone\nnone'

subject "it is what steps get if nothing else is said"
printf 'FROM busybox\nRUN %s # default\n' "$ask" | dockerfile
build_ok
expect_output $'hello\nnone\nnone'
expect_not_in_stderr "host's network"

subject "a step gets the same key with any network, and another one without"
build_ok --network-default=host
expect_counts 2 0
build_ok --network-default=none
expect_counts 1 1

subject "names are looked up, and resolv.conf does not stay"
cat <<'END' | dockerfile
FROM busybox
RUN cat /etc/resolv.conf; nslookup obkit-x. | grep -o '198.51.100.7'
END
build_ok
expect_output $'nameserver 10.0.2.3\nsearch example.net\n198.51.100.7'
expect_names /etc "group passwd"
mv /etc/resolv.conf "$tmp/resolv.conf"
ln -s "$tmp/resolv.conf" /etc/resolv.conf
obexec clean --store="$store" >/dev/null
build_ok
expect_output $'nameserver 10.0.2.3\nsearch example.net\n198.51.100.7'

subject "its addresses are none that the host has a route to"
ip route add 10.0.0.0/14 via 198.51.100.2
dockerfile <<<'FROM busybox
RUN cat /etc/resolv.conf'
build_ok
expect_output $'nameserver 192.168.213.3\nsearch example.net'
ip route del 10.0.0.0/14

subject "steps that run at a time do not meet"
cat <<'END' | dockerfile
FROM busybox AS a
RUN nc -l -p 7000 -w 2 </dev/null 2>/dev/null; true
FROM busybox AS b
RUN for i in 1 2 3 4 5 6 7 8; do nc -w 1 127.0.0.1 7000 </dev/null 2>/dev/null && echo met; sleep 0.1; done; true
FROM busybox
COPY --from=a /bin/sh /a
COPY --from=b /bin/sh /b
END
build_ok -j2
expect_output ""

subject "ordinary users have private networks, too"
chmod 755 "$tmp/base/root"
mount -t tmpfs -o mode=755 none /dev/net
mknod -m 666 /dev/net/tun c 10 200
printf 'FROM busybox\nRUN %s; nslookup obkit-x. | grep -o 198.51.100.7\n' "$ask" | dockerfile
for kind in sub-ids alone; do
    run "$top_src/tests/as-user.sh" $kind "$tmp" obkit build --progress=plain \
        --build-context=busybox=dir:"$tmp/base" --network-default=private "$tmp/context"
    [ "$status" = 77 ] && echo "   not as $kind" && continue
    [ "$status" = 0 ] || show_run
    expect_equal 0 "$status" "the exit status"
    expect_output $'hello\nnone\nnone\n198.51.100.7'
done
umount /dev/net

subject "the host has its interfaces and settings as before, and no process is left"
expect_equal "$before" "$(settings)" "what the host has"
helpers()
{
    local p
    for p in /proc/[0-9]*; do
        if [ "$(cat "$p/comm" 2>/dev/null)" = slirp4netns ] &&
            [ "$(readlink "$p/ns/net")" = "$(readlink /proc/self/ns/net)" ]; then
            echo "$p"
        fi
    done
}
no_helper()
{
    [ -z "$(helpers)" ]
}
expect_soon 5 no_helper

subject "a killed obexec leaves none either"
dockerfile <<<'FROM busybox
RUN echo here; sleep 30'
setsid obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
    "$tmp/context" >"$tmp/out" 2>"$tmp/err" &
expect_soon 10 grep -q here "$tmp/err"
[ -n "$(helpers)" ] || fail "there is no helper"
kill -9 -- -$!
wait $! 2>/dev/null || true
expect_soon 5 no_helper
