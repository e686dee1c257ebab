#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ADD of what the context has: copies, but archives are unpacked, hostile ones inside the root.
. "$(dirname "$0")/functions.sh"
requires root busybox python3 tar gzip bzip2 xz zstd
scratch
make_base
cd "$tmp"

# SOURCES DST [MEMBERS]: an add on busybox. DST is JSON if it begins as such.
add()
{
    local dst=\"$2\"
    case $2 in '"'* | '{'*) dst=$2 ;; esac
    cat <<END
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "add", "op": {"src": [$1], "dst": $dst${3:+, $3}}}]
END
}

added()
{
    add "$@" >steps
    execute_ok <steps
}

c=context
mkdir -p tree/sub
echo 1 >tree/one
echo 2 >tree/sub/two
echo 3 >tree/.wh.three
ln -s one tree/link
ln tree/one tree/hard
chmod 640 tree/one
chmod 2711 tree/sub
chown 11:12 tree/one
tar -C tree -cf $c/t.tar one sub .wh.three link hard
gzip -k $c/t.tar
bzip2 -k $c/t.tar
xz -k $c/t.tar
zstd -q $c/t.tar
mkdir $c/dir
cp $c/t.tar $c/dir
names='.wh.three hard link one sub sub/two'

subject "plain and compressed archives"
for suffix in tar tar.gz tar.bz2 tar.xz tar.zst; do
    added "\"t.$suffix\"" /new/dst
    expect_names /new/dst "$names"
done
expect_file /new/dst/one %a:%u:%g:%h 640:11:12:2
expect_file /new/dst/sub %a 2711
expect_file /new/dst/link %N "'new/dst/link' -> 'one'"
expect_file /new/dst %a:%u 755:0

subject "owner, epoch; the archive's modes stay"
added '"t.tar"' /new/x/ '"owner": "7:8", "epoch": "1000", "chmod": "0777"'
for path in /new /new/x; do
    expect_file $path %a:%u:%g:%Y 755:7:8:1000
done
expect_file /new/x/one %a:%u:%g:%Y 640:7:8:1000
expect_file /new/x/link %u:%g:%Y 7:8:1000
expect_file /new/x/sub %u:%g:%Y 7:8:1000

subject "an owner that comes out empty is none, whether it can be put in before or not"
for dst in '"/new/dst"' '{"late": [{"env": "NOTHING"}, "new/dst"]}'; do
    added '"t.tar"' "$dst" '"owner": {"late": [{"env": "NOTHING"}]}'
    expect_file /new/dst/one %u:%g 11:12
done

subject "what is no archive, or in a directory, or not to be unpacked, is copied"
head -c 2000 /dev/zero >$c/zero.tar
gzip -c tree/one >$c/one.gz
head -c 700 $c/t.tar | sed 's/ustar/USTAR/; s/^one/two/' >$c/bad.tar
: >$c/empty.tar
added '"zero.tar", "one.gz", "bad.tar", "empty.tar", "dir"' /d/
expect_names /d 'bad.tar empty.tar one.gz t.tar zero.tar'
added '"t.tar"' /d/ '"unpack": "no"'
expect_names /d t.tar
added '"t.ta?"' /d/ '"unpack": "yes"'
expect_names /d "$names"

subject "the content of an archive counts"
first=$id
echo changed >tree/one
tar -C tree -cf $c/t.tar one sub .wh.three link hard
added '"t.ta?"' /d/ '"unpack": "yes"'
expect_different "$first" "$id" "the result"

subject "hostile archives stay in the root"
mkdir -p outside "base$tmp/outside"
echo untouched >outside/file
python3 - "$tmp/outside" >$c/evil.tar <<'END'
import io, sys, tarfile
out = sys.argv[1]
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
def put(name, **kw):
    i = tarfile.TarInfo(name)
    data = kw.pop("data", None)
    for k, v in kw.items():
        setattr(i, k, v)
    if data:
        i.size = len(data)
    t.addfile(i, io.BytesIO(data) if data else None)
put("./", type=tarfile.DIRTYPE, mode=0o700, uid=99)
put("../../../../../.." + out + "/up", data=b"x")
put(out + "/absolute", data=b"x")
put("link", type=tarfile.SYMTYPE, linkname=out)
put("link/through", data=b"x")
put("rel", type=tarfile.SYMTYPE, linkname="../../../../../../../.." + out)
put("rel/through", data=b"x")
put("hard", type=tarfile.LNKTYPE, linkname=out + "/absolute")
put("dev", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
put("..", type=tarfile.SYMTYPE, linkname="/")
t.close()
END
added '"evil.tar"' /a/b
expect_equal "file" "$(ls outside)" "what is outside"
expect_file "/a/b$tmp/outside/up" %s 1
expect_file "/a/b$tmp/outside/absolute" %h 2
expect_file /a/b %a:%u 755:0
expect_file "$tmp/outside/through" %s 1
expect_file /a/b/dev %F 'character special file'
python3 - "$tmp/outside" >$c/evil.tar <<'END'
import sys, tarfile
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
i = tarfile.TarInfo("hard")
i.type, i.linkname = tarfile.LNKTYPE, sys.argv[1] + "/file"
t.addfile(i)
t.close()
END
add '"evil.tar"' /a >steps
execute_fails 1 'can.t unpack "evil.tar": entry "hard": can.t link to' <steps

subject "a cut archive fails"
head -c 1000 $c/t.tar >$c/cut.tar
add '"cut.tar"' / >steps
execute_fails 1 'can.t unpack "cut.tar"' <steps

subject "remote sources are refused before anything runs"
for row in 'http https://example.com/x.tar' 'git git://example.com/x' 'git git@example.com:x'; do
    add "\"${row#* }\"" / >steps
    execute_fails 1 "step 2 .*: it needs \"add.${row%% *}\", which this obexec can.t do" <steps
    expect_not_in_stderr '\[1/2\]'
done
