#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Contexts that change: nothing old is taken for new, whatever is remembered, and nothing that was
# changed while it was copied is kept.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"

c=$tmp/context
mkdir "$c/d"
for i in {1..100}; do
    echo "$i" >"$c/d/$i"
done
dockerfile <<'END'
FROM busybox
COPY d /d/
RUN cat /d/7
END

subject "an unchanged context is found again"
build_ok
build_ok
expect_counts 3 0

subject "a file is found changed with its size and modification time as before"
for text in A B C D; do
    touch -r "$c/d/7" stamp
    echo $text >"$c/d/7"
    touch -r stamp "$c/d/7"
    build_ok
    expect_output $text
done

subject "and when another one with its size and times takes its place"
cp -p "$c/d/7" "$c/d/new"
echo E | dd of="$c/d/new" conv=notrunc status=none
touch -r "$c/d/7" "$c/d/new"
mv "$c/d/new" "$c/d/7"
build_ok
expect_output E

subject "and when it is changed right before each build, in the same instant as others"
for i in {1..20}; do
    echo "x$i" >"$c/d/7"
    build_ok
    expect_output "x$i"
done

subject "without its times, its mode still counts"
chmod 600 "$c/d/7"
build_ok
expect_counts 1 2

subject "what is remembered may be lost, damaged, or another store's"
for i in 1 2 3; do
    case $i in
    1) rm -r "$tmp/store/state/digests" ;;
    2) for f in "$tmp"/store/state/digests/*; do printf x | dd of="$f" bs=1 seek=100 conv=notrunc status=none; done ;;
    3) for f in "$tmp"/store/state/digests/*; do : >"$f"; done ;;
    esac
    build_ok
    expect_counts 3 0
done
mv "$tmp/store" "$tmp/moved"
store=overlayfs:$tmp/moved
build_ok
expect_counts 3 0
[ -n "$(ls "$tmp/moved/state/digests")" ] || fail "nothing is remembered"

subject "a file that changes while it is read fails the step, and nothing of it is kept"
change_all_the_time()
{
    local n=0
    while [ -e "$tmp/go-on" ]; do
        n=$((n + 1))
        echo $((n % 10)) 1<>"$c/d/7"
    done
}
: >"$tmp/go-on"
change_all_the_time &
build
rm "$tmp/go-on"
wait
expect_equal 1 "$status" "the status"
expect_in_stderr '"d/7" changed while it was (read|copied)'
build_ok
expect_output "$(cat "$c/d/7")"

subject "50,000 files"
mkdir "$c/many"
(cd "$c/many" && seq 50000 | xargs touch)
dockerfile <<'END'
FROM busybox
COPY many /many/
END
build_ok
build_ok
expect_counts 2 0
