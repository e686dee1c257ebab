#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A step has the host's network only if it or the command line asks for it, or nothing else can be
# had (network-private.sh); with --network-default=none it has none unless it asks.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"

# A listener on the host's loopback.
python3 - "$tmp/port" <<'END' &
import os, socket, sys
s = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1] + ".new", "w") as f:
    print(s.getsockname()[1], file=f)
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    c, _ = s.accept()
    c.sendall(b"hello\n")
    c.close()
END
listener=$!
end_listener()
{
    kill $listener
}
cleanup_fn end_listener
expect_soon 10 test -e port
port=$(cat port)
ask="nc -w 2 127.0.0.1 $port </dev/null 2>/dev/null || echo alone; ls /sys/class/net | wc -l"

# WANT OPTION...: what the step prints.
expect_reached()
{
    local want=$1
    shift
    build_ok "$@"
    if [ "$want" = host ]; then
        [ "$(output | head -n 1)" = hello ] || fail "the host was not reached: $(output)"
    else
        expect_output $'alone\n1'
    fi
    expect_exit 0 obexec clean --store="$store"
}

subject "a Dockerfile's step"
printf 'FROM busybox\nRUN %s\n' "$ask" | dockerfile
expect_reached none --network-default=none
expect_reached host --network-default=host
printf 'FROM busybox\nRUN --network=none %s\n' "$ask" | dockerfile
expect_reached none --network-default=host
printf 'FROM busybox\nRUN --network=host %s\n' "$ask" | dockerfile
expect_reached host
expect_reached host --network-default=none

subject "a spec's step"
spec <<<"((from busybox) (run (shell \"$ask\")))"
expect_reached none -f context/spec
# A spec's step without a network field is to have none, whatever is the default.
expect_reached none -f context/spec --network-default=host
spec <<<"((from busybox) (run (network host) (shell \"$ask\")))"
expect_reached host -f context/spec

subject "the loopback of a step without a network works"
printf 'FROM busybox\nRUN --network=none ip link show lo | grep -q UP && echo up\n' | dockerfile
build_ok
expect_output up
