#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Outputs that are files: in a directory and in a tar archive; and what goes wrong with any output.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"

dockerfile <<'END'
FROM busybox AS made
RUN mkdir -p /out/sub /out/link-to-be && echo one >/out/file && chown 5:6 /out/file
RUN chmod 4751 /out/file && chmod 700 /out/sub && echo two >/out/sub/two && ln -s ../../.. /out/up
RUN ln /out/file /out/hard && mkfifo /out/fifo && touch -d @1000000000 /out/file /out/sub
FROM scratch
COPY --from=made /out /
END

subject "a directory gets the files, of nobody else and not set-id"
build_ok --output "$tmp/d"
expect_equal "$(printf '%s\n' file hard link-to-be sub sub/two up | xargs)" \
    "$(cd d && find . -mindepth 1 -printf '%P\n' | sort | xargs)" "what is there"
expect_equal "751 0:0 1000000000" "$(stat -c '%a %u:%g %Y' d/file)" "a file"
expect_equal "700" "$(stat -c %a d/sub)" "a directory's mode"
expect_equal ../../.. "$(readlink d/up)" "a link"
expect_equal one "$(cat d/hard)" "another name of the file"
expect_equal "$id" "$(cat out)" "what is printed"

subject "beside what is there, and in its place"
rm -r d
mkdir -p d/sub outside
echo keep >d/keep
echo keep >d/sub/keep
echo old >d/file
echo untouched >outside/two
ln -s "$tmp/outside/two" d/up
ln -s "$tmp/outside" d/link-to-be
build_ok -o type=local,dest=d
expect_equal "keep keep one two" "$(cat d/keep d/sub/keep d/file d/sub/two | xargs)" "what is there"
expect_equal "$(readlink d/up)" ../../.. "a link"
[ ! -L d/link-to-be ] || fail "a link to elsewhere is still there"
expect_equal untouched "$(cat outside/two)" "a file elsewhere"
expect_equal two "$(ls outside)" "what is elsewhere"

subject "no link is followed on the way"
rm -r d
mkdir d
ln -s "$tmp/outside" d/sub
build_ok -o d
expect_equal untouched "$(cat outside/two)" "a file elsewhere"
expect_equal two "$(cat d/sub/two)" "the file"

subject "a directory never gives way"
rm -r d
mkdir -p d/file/full
build -o d
expect_equal 3 "$status" "the exit status"
expect_in_stderr 'can.t export local: "d": "/file": a directory is in its place'
[ -d d/file/full ] || fail "a directory is gone"
expect_equal file "$(find d -mindepth 1 -maxdepth 1 -printf %P)" "what is there"

subject "a tar archive"
build_ok -o type=tar,dest=t.tar
build -o -
expect_equal 0 "$status" "the exit status"
cmp out t.tar
mkdir x
tar -C x --numeric-owner -xf t.tar
expect_equal "4751 5:6 1000000000" "$(stat -c '%a %u:%g %Y' x/file)" "a file"
expect_equal "$(stat -c %i x/file)" "$(stat -c %i x/hard)" "the inode of another name"
[ -p x/fifo ] || fail "the fifo is missing"
with_result "$id" python3 "$top_src/tests/e2e/tree.py" >want
(cd x && python3 "$top_src/tests/e2e/tree.py") | diff -u want - || fail "the tree differs"

subject "several outputs of one build"
build_ok -o type=tar,dest=1.tar -o d2 -o type=oci,dest=3.tar
cmp 1.tar t.tar
[ -f d2/sub/two ] && [ -s 3.tar ] || fail "an output is missing"

subject "a special file is written to"
build_ok -o type=tar,dest=/dev/null
[ -c /dev/null ] || fail "/dev/null is no device any more"
ln -s 1.tar link.tar
echo >1.tar
build_ok -o type=tar,dest=link.tar
cmp 1.tar t.tar
[ -L link.tar ] || fail "a link is replaced"

subject "nothing is left of an output that fails"
mkdir small
mount -t tmpfs -o size=64k none small
echo precious >small/t.tar
dockerfile <<'END'
FROM busybox
END
for output in type=tar type=oci,compression=uncompressed type=docker,compression=uncompressed; do
    build -o $output,dest=small/t.tar
    expect_equal 3 "$status" "the exit status for $output"
    expect_in_stderr 'can.t write "small/t.tar": write: No space left on device'
    expect_equal "t.tar precious" "$(find small -mindepth 1 -printf %P) $(cat small/t.tar)" "what is there"
done
build -o type=oci,dest=small/dir,tar=false
expect_equal 3 "$status" "the exit status"
[ ! -e small/dir/index.json ] || fail "half an image has an index"
expect_equal "" "$(find small -name '.obkit*')" "what is left"
build -o small/local
expect_equal 3 "$status" "the exit status"
expect_equal "" "$(find small -name '.obkit*')" "what is left"
umount small
subject "nor of a layer for which the store's disk has no room"
mount -t tmpfs -o size=3200k none small
head -c 300k /dev/zero >base/zeros
build --store=overlayfs:small/store -o type=oci,compression=uncompressed,dest=roomy.tar
expect_equal 3 "$status" "the exit status"
expect_in_stderr 'can.t export oci: can.t write a layer: .*write: No space left on device'
[ ! -e roomy.tar ] || fail "there is an archive"
umount small
rm base/zeros

subject "a place that is none is known before anything is built"
mkdir read-only
mount -t tmpfs -o ro none read-only
dockerfile <<'END'
FROM busybox
RUN : it was run
END
# MESSAGE OUTPUT
no_place()
{
    build -o "$2"
    expect_equal 3 "$status" "the exit status"
    expect_in_stderr "$1"
    expect_not_in_stderr 'it was run'
}
no_place 'can.t export tar: can.t write "no/such/directory.tar": No such file or directory' \
    type=tar,dest=no/such/directory.tar
no_place 'can.t export docker: can.t write "d": it is a directory' type=docker,dest=d
no_place 'can.t write "read-only/i.tar": Read-only file system' type=oci,dest=read-only/i.tar
no_place 'can.t export local: can.t write to "read-only/a/b": Read-only' read-only/a/b
no_place 'can.t write to "read-only/i": Read-only' type=oci,tar=false,dest=read-only/i
no_place 'can.t write to "t.tar": Not a directory' t.tar
no_place 'can.t write to "t.tar/d": Not a directory' type=local,dest=t.tar/d
umount read-only
expect_equal "" "$(find . -maxdepth 1 -name '.obkit*')" "what is left"
sed -i 's/: it was run/false/' context/Dockerfile
build -o type=tar,dest=new.tar -o new/d
expect_equal 1 "$status" "the exit status"
[ ! -e new.tar ] && [ ! -e new ] || fail "something was made"
mkfifo fifo
sed -i 's/false/true/' context/Dockerfile
cat fifo >from-fifo &
build_ok -o type=tar,dest=fifo
wait $!
[ -s from-fifo ] || fail "nothing came through the pipe"

subject "what can't be asked for is refused before anything is built"
rm -rf store
wrong()
{
    build "${@:2}"
    expect_equal 2 "$status" "the exit status for ${*:2}"
    expect_in_stderr "$1"
    [ ! -e store ] || fail "something was built"
}
wrong 'the type must be local, tar, oci or docker' -o type=ocy,dest=x
wrong 'has no type' -o dest=x
wrong 'has no key "dst"' -o type=tar,dst=x
wrong 'needs dest=DIRECTORY' -o type=local
wrong 'needs dest=DIRECTORY' -o type=oci,tar=false
wrong 'tar=true\|false is for type=oci' -o type=docker,tar=false,dest=x
wrong 'compression must be gzip' -o type=oci,dest=x,compression=lzma
wrong 'compression is for images' -o type=tar,dest=x,compression=gzip
wrong 'only one --output' -o type=tar -o type=oci
wrong '^obexec: --output: two are written to "d/x"$' -o type=tar,dest=d/x -o type=oci,dest=d/x
wrong '^obexec: --output: two are written to "./x/"$' -o x -o type=tar,dest=y -o ./x/
wrong '"Upper" is no name of an image' -o type=oci,dest=x -t Upper
wrong 'tag names an image' -o d -t x
wrong 'squash is for images' --squash
wrong 'SOURCE_DATE_EPOCH is "context"' -o x --build-arg SOURCE_DATE_EPOCH=context
dockerfile <<'END'
FROM busybox AS a
RUN true
FROM busybox AS b
END
spec2ir -O0 context/Dockerfile >two.json
run obexec --store="$store" --target=a --target=b -o x two.json
expect_equal 2 "$status" "the exit status"
expect_in_stderr 'output writes one target, but there are 2: give --target'
