#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Files that are not just names with bytes, copied from the context and from another step.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"

c=$tmp/context
mkdir "$c/d"

# Runs a command in a directory that is too deep to be named in one path: below WHERE, 30 names of
# 200 letters.
deep_name=$(printf 'n%.0s' {1..200})
in_deep()
{
    local where=$1 depth
    shift
    (
        cd "$where"
        for ((depth = 0; depth < 30; depth++)); do
            [ -d "$deep_name" ] || mkdir "$deep_name"
            cd "$deep_name"
        done
        "$@"
    )
}

subject "sparse files stay sparse, and are the same as full ones"
truncate -s 64M "$c/d/sparse"
printf middle | dd of="$c/d/sparse" bs=1 seek=33000000 conv=notrunc status=none
subject "hard links, a name of 255 bytes, names that are no UTF-8"
echo hard >"$c/d/hard1"
ln "$c/d/hard1" "$c/d/hard2"
long_name=$(printf 'x%.0s' {1..255})
echo long >"$c/d/$long_name"
echo bytes >"$c/d/$(printf 'a\377\001b')"
subject "a path longer than PATH_MAX, a FIFO, a device, a socket"
write_deep()
{
    echo deep >f
    ln f g
    ln -s f l
}
in_deep "$c/d" write_deep
mkfifo "$c/d/fifo"
mknod "$c/d/device" c 1 3
chmod 640 "$c/d/device"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$c/d/socket"

dockerfile <<'END'
FROM busybox AS first
COPY d /new
FROM busybox
COPY --from=first /new /again
END

look()
{
    local at=$1
    expect_equal 67108864 "$(stat -c %s "$at/sparse")" "the size"
    [ "$(stat -c %b "$at/sparse")" -lt 10000 ] || fail "$at/sparse is full"
    cmp "$at/sparse" "$c/d/sparse"
    expect_equal "$(stat -c %i "$at/hard1")" "$(stat -c %i "$at/hard2")" "the inode"
    expect_equal long "$(cat "$at/$long_name")" "what is in it"
    expect_equal bytes "$(cat "$at/$(printf 'a\377\001b')")" "what is in it"
    expect_equal deep "$(in_deep "$at" cat f)" "what is in it"
    expect_equal 2 "$(in_deep "$at" stat -c %h g)" "the number of links"
    expect_equal deep "$(in_deep "$at" cat l)" "what is in it"
    expect_equal fifo "$(stat -c %F "$at/fifo")" "the type"
    expect_equal 'character special file:640:1:3' "$(stat -c %F:%a:%t:%T "$at/device")" "the type"
    [ ! -e "$at/socket" ] || fail "there is a socket"
}

for store in "overlayfs:$tmp/store" "copy:$tmp/copies"; do
    subject "on a store of the kind ${store%%:*}"
    build_ok
    if [ "${store%%:*}" = copy ]; then
        look "$(find "$tmp/copies" -maxdepth 4 -type d -name again)"
    else
        with_result "$id" look again
    fi
done

subject "what is sparse makes no difference to what is found in the store"
store=overlayfs:$tmp/store
cp --sparse=never "$c/d/sparse" "$c/full"
mv "$c/full" "$c/d/sparse"
build_ok
expect_counts 3 0
