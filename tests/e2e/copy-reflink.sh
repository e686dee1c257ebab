#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where the filesystem can share blocks, a copy of a context takes no space: through an overlay, too.
. "$(dirname "$0")/functions.sh"
requires root busybox mkfs.xfs
scratch
truncate -s 512M "$tmp/image"
mkfs.xfs -q "$tmp/image"
mkdir "$tmp/disk"
mount -o loop "$tmp/image" "$tmp/disk" 2>/dev/null || skip "no xfs can be mounted here"
make_base
mkdir -p "$tmp/base/usr/lib"
ln -s usr/lib "$tmp/base/lib"
context=$tmp/disk/context
mkdir -p "$context/dir"
head -c 64M /dev/urandom >"$context/dir/large"
truncate -s 1M "$context/dir/sparse"
echo small >"$context/dir/small"
cat >"$context/Dockerfile" <<'END'
FROM busybox AS one
RUN ln -s ../usr /etc/link
COPY dir /new/
FROM one
COPY dir /lib/
COPY dir /etc/link/new/
COPY --chmod=600 dir/large /usr/lib/large
END

used()
{
    sync -f "$tmp/disk"
    df --output=used -B 1M "$tmp/disk" | tail -n 1 | tr -d ' '
}

for store in overlayfs:"$tmp/disk/store" copy:"$tmp/disk/copies"; do
    subject "${store%%:*}"
    run obkit build --store="$store" --build-context=busybox=dir:"$tmp/base" "$context"
    [ "$status" = 0 ] || { show_run && fail "the build ended with status $status"; }
    for at in new lib etc/link/new; do
        run obkit build --store="$store" --build-context=busybox=dir:"$tmp/base" \
            -o type=local,dest="$tmp/tree" "$context"
        diff -r "$context/dir" "$tmp/tree/$at" || fail "what is in $at differs"
    done
    expect_equal 600 "$(stat -c %a "$tmp/tree/usr/lib/large")" "the mode"
    rm -r "$tmp/tree"
    [ "$(used)" -lt $((64 + 60)) ] || fail "$(used) MiB are used"
done
