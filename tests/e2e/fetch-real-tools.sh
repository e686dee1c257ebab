#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Images made by umoci and skopeo, in every format, unpack to what umoci and tar unpack them to.
set -eu

skip()
{
    echo "skipped: $*"
    exit 77
}

for tool in umoci skopeo tar find sort diff; do
    command -v $tool >/dev/null || skip "$tool is not installed"
done
[ "$(id -u)" = 0 ] || skip "making an image with owners and devices needs root"

fetch_image=${top_builddir:-.}/tests/e2e/fetch_image
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# A tree as text: type, mode, owner, size, time, link count, target, name; then the contents.
describe()
{
    (cd "$1" && find . ! -type d -printf '%y %m %U:%G %s %Ts %n %l %p\n' -o \
        -printf '%y %m %U:%G %Ts %p\n' | LC_ALL=C sort -k 2
    find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2)
}

same()
{
    describe "$1" >"$tmp/want"
    describe "$2" >"$tmp/got"
    diff -u "$tmp/want" "$tmp/got" || {
        echo "failed: $3 differs"
        exit 1
    }
}

fetch()
{
    mkdir "$tmp/root"
    "$fetch_image" "$1" "$tmp/root" >"$tmp/info"
}

# Two layers: the second removes, replaces and adds.
umoci init --layout "$tmp/layout"
umoci new --image "$tmp/layout:two"
umoci unpack --image "$tmp/layout:two" "$tmp/bundle"
root=$tmp/bundle/rootfs
mkdir -p "$root/bin" "$root/etc/deep/er" "$root/gone" "$root/was-dir"
echo first >"$root/etc/file"
echo other >"$root/etc/removed"
echo x >"$root/gone/x"
echo x >"$root/was-dir/x"
ln "$root/etc/file" "$root/etc/hard"
ln -s ../etc/file "$root/bin/soft"
cp /bin/true "$root/bin/suid"
chown 12:34 "$root/bin/suid"
chmod 4751 "$root/bin/suid"
printf 'n' >"$root/$(printf 'name with blank and \303\274')"
long=$(printf '%0120d' 7)
mkdir "$root/$long"
echo deep >"$root/$long/$long"
truncate -s 3M "$root/sparse"
mkfifo "$root/etc/fifo"
touch -d @1000000000 "$root/etc/deep/er" "$root/etc/deep" "$root/etc" "$root/bin" "$root"
umoci repack --refresh-bundle --image "$tmp/layout:two" "$tmp/bundle"
rm -r "$root/gone" "$root/was-dir" "$root/etc/removed"
echo file >"$root/was-dir"
echo new >"$root/etc/deep/new"
# With their old times they are not in the layer, although it changes in them.
touch -d @1000000000 "$root/etc/deep" "$root/etc" "$root"
umoci repack --image "$tmp/layout:two" "$tmp/bundle"
umoci config --image "$tmp/layout:two" --config.user 12:34 --config.workingdir /etc \
    --config.env A=b --config.cmd true
umoci unpack --image "$tmp/layout:two" "$tmp/reference"
want=$tmp/reference/rootfs

check()
{
    fetch "$1"
    same "$want" "$tmp/root" "$1"
    grep -qx 'user 12:34' "$tmp/info" && grep -qx 'workdir /etc' "$tmp/info" &&
        grep -qx 'env A=b' "$tmp/info" && grep -qx 'cmd true' "$tmp/info" || {
        echo "failed: the configuration of $1 is wrong:"
        cat "$tmp/info"
        exit 1
    }
    rm -rf "$tmp/root"
    echo "ok $1"
}

copy()
{
    skopeo --insecure-policy copy -q "$@"
}

copy "oci:$tmp/layout:two" "oci-archive:$tmp/oci.tar:two"
copy "oci:$tmp/layout:two" "docker-archive:$tmp/docker.tar:obkit/two:1"
gzip -k "$tmp/oci.tar" "$tmp/docker.tar"
check "oci-layout://$tmp/layout:two"
check "oci-archive:$tmp/oci.tar"
check "oci-archive:$tmp/oci.tar.gz:two"
check "docker-archive:$tmp/docker.tar"
check "docker-archive:$tmp/docker.tar.gz:obkit/two:1"

if copy --dest-compress-format zstd --format oci "oci:$tmp/layout:two" "oci:$tmp/zstd:two"; then
    check "oci-layout:$tmp/zstd:two"
fi

# A root filesystem in a tar file, as different formats write it, and as a directory.
check_rootfs()
{
    fetch "$1"
    same "$want" "$tmp/root" "$1"
    rm -rf "$tmp/root"
    echo "ok $1"
}

for format in gnu pax; do
    tar -C "$want" --format=$format --numeric-owner --sparse -cf "$tmp/$format.tar" .
    check_rootfs "tar:$tmp/$format.tar"
    for z in gzip xz bzip2 zstd; do
        command -v $z >/dev/null || continue
        $z -c "$tmp/$format.tar" >"$tmp/$format.tar.$z"
        check_rootfs "tar:$tmp/$format.tar.$z"
    done
done
check_rootfs "dir:$want"
