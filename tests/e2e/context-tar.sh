#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A context that is a tar archive: a file, or standard input, plain or compressed.
. "$(dirname "$0")/functions.sh"
requires root busybox tar gzip
scratch
make_base
cd "$tmp"

mkdir -p ctx/sub
echo one >ctx/a
echo two >ctx/sub/b
echo three >ctx/left-out
echo left-out >ctx/.dockerignore
chmod 640 ctx/sub/b
tar -cf ctx.tar -C ctx .
gzip -k ctx.tar
tar -cf names.tar -C ctx a sub .dockerignore
cat >recipe <<'END'
FROM busybox
COPY . /c/
RUN cat /c/a /c/sub/b && ! test -e /c/left-out
END
obkit_build=(obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base")

nothing_is_left()
{
    expect_equal '' "$(ls "$tmp/store/state/scratch")" "what is in scratch"
}

built()
{
    [ "$status" = 0 ] || { show_run; fail "the build ended with status $status"; }
    id=$(cat "$tmp/out")
    expect_names /c '.dockerignore a sub sub/b'
    expect_file /c/sub/b %a:%u 640:0
    nothing_is_left
}

from_stdin()
{
    status=0
    "${obkit_build[@]}" -f recipe - >"$tmp/out" 2>"$tmp/err" || status=$?
}

subject "the archive as a file, and compressed, and with other names of the same files"
run "${obkit_build[@]}" -f recipe ctx.tar
built
first=$id
for archive in ctx.tar.gz names.tar; do
    run "${obkit_build[@]}" -f recipe "$archive"
    built
    expect_equal "$first" "$id" "the result's id"
done

subject "the same as the directory is"
run "${obkit_build[@]}" -f recipe ctx
built
expect_equal "$first" "$id" "the result's id"

subject "from standard input: a file, a pipe, compressed"
from_stdin <ctx.tar
built
expect_equal "$first" "$id" "the result's id"
from_stdin < <(cat ctx.tar.gz)
built
expect_equal "$first" "$id" "the result's id"

subject "obexec takes it likewise"
spec2ir --from=dockerfile -o ir.json recipe
status=0
obexec --store="$store" --build-context=busybox=dir:"$tmp/base" ir.json - \
    <ctx.tar >"$tmp/out" 2>"$tmp/err" || status=$?
built
expect_exit 2 obexec --store="$store" - -
expect_in_stderr "the IR and the context can.t both be standard input"
expect_exit 2 obkit build -
expect_in_stderr "a context on standard input needs --file=FILE"

subject "what changes in it builds anew"
echo 1 >ctx/a
tar -cf ctx.tar -C ctx .
from_stdin <ctx.tar
built
expect_different "$first" "$id" "the result's id"

subject "a named context may be one"
printf 'FROM busybox\nCOPY --from=other sub/b /b\n' >recipe-named
build_ok --build-context=other="$tmp/ctx.tar.gz" -f recipe-named
expect_file /b %a:%s 640:4
nothing_is_left

subject "nothing of it is outside its place"
mkdir -p evil/x
echo evil >evil/f
tar -cf evil.tar -P --transform 's,^evil/f,../../../../../../../../../tmp/obkit-escaped,' evil/f
ln -s / link
tar -cf evil2.tar link
rm link
mkdir -p link/tmp
echo evil >link/tmp/obkit-escaped
tar -rf evil2.tar link/tmp/obkit-escaped
for archive in evil.tar evil2.tar; do
    run "${obkit_build[@]}" -f recipe "$archive"
    [ ! -e /tmp/obkit-escaped ] || fail "$archive got out"
    nothing_is_left
done

subject "what is no archive, or is cut, is an error, and nothing is left of it"
echo text >text
expect_exit 1 "${obkit_build[@]}" -f recipe text
expect_in_stderr 'context "text": neither a directory nor a tar archive'
nothing_is_left
from_stdin </dev/null
expect_equal 1 "$status" "the status with nothing on standard input"
expect_in_stderr 'context "standard input": neither a directory nor a tar archive'
expect_exit 1 timeout 10 "${obkit_build[@]}" -f recipe /dev/zero
expect_in_stderr 'context "/dev/zero": neither a directory nor a tar archive'
for length in 1536 3000; do # with the second entry missing, and within one
    head -c $length ctx.tar >cut.tar
    expect_exit 1 "${obkit_build[@]}" -f recipe cut.tar
    expect_in_stderr 'context "cut.tar": .*([Tt]runcated|cut)'
    nothing_is_left
done

subject "what a killed build has unpacked is removed by the next"
printf 'FROM busybox\nCOPY . /c/\nRUN sleep 1000\n' >recipe-sleeps
spec2ir --from=dockerfile -o sleeps.json recipe-sleeps
obexec --store="$store" --build-context=busybox=dir:"$tmp/base" --progress=plain sleeps.json ctx.tar \
    >/dev/null 2>"$tmp/err" &
expect_soon 20 grep -q sleep "$tmp/err"
read -r child _ <"/proc/$!/task/$!/children" || true # no newline ends it
kill -9 "$child" $! # first who builds: alone it would clean up
wait || true
gone()
{
    ! pgrep -f "$tmp/base.*sleeps.json" >/dev/null
}
expect_soon 5 gone # its processes follow the first one at once, but not before it
[ -n "$(ls "$tmp/store/state/scratch")" ] || fail "the killed build had nothing in scratch"
run "${obkit_build[@]}" -f recipe ctx
built

subject "digests of what will not be there again are not remembered"
files=$(find "$tmp/store/state/digests" -type f | wc -l)
touch ctx/new
tar -cf ctx.tar -C ctx .
run "${obkit_build[@]}" -f recipe ctx.tar
expect_equal "$files" "$(find "$tmp/store/state/digests" -type f | wc -l)" "the number of files"
