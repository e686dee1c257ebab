#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# obexec cache: what there is, and what people do with it.
. "$(dirname "$0")/functions.sh"
requires root busybox tar python3
scratch
make_base
cd "$tmp"
n=0

cache()
{
    obexec cache "$@" --store="$store"
}

# COMMAND: runs it in a new step with a Dockerfile's cache d and a spec's cache s, in two builds.
both()
{
    n=$((n + 1))
    printf 'FROM busybox\nRUN --mount=type=cache,id=d,target=/c : %d; %s\n' $n "$1" | dockerfile
    build_ok
    printf '((from busybox) (user (uid 7) (gid 8)) (run (cache (s (target /c))) (shell ": %d; %s")))\n' \
        $n "$1" | spec
    build_ok -f context/spec
}

# The columns of ls of a cache: ID FIELDS
shown()
{
    cache ls | sed -n "s/ $1\$//p" | tr -s ' ' | cut -d ' ' -f "$2"
}

subject "a store without caches, and one that is not there"
expect_exit 3 obexec cache ls --store="$store"
dockerfile <<'END'
FROM busybox
END
build_ok
expect_exit 0 cache ls
expect_stdout ""

subject "what ls says"
both 'echo 1 >/c/f; dd if=/dev/zero of=/c/big bs=1k count=100 2>/dev/null'
both 'echo 2 >/c/f'
expect_equal 2 "$(cache ls | wc -l)" "the number of caches"
for id in d s; do
    [[ $(shown $id 4-5) =~ ^1[01][0-9].*\ KiB$ ]] || fail "cache $id has $(shown $id 4-5)"
done
expect_equal "dir -" "$(shown d 6-7)" "what the Dockerfile's is"
expect_equal "copy 2 -" "$(shown s 6-8)" "what the spec's is"
expect_equal "$(date +%F)" "$(shown s 2)" "the day of the last use"

# Removes a cache that is in use, in the process $pid, until it says that it waits.
remove()
{
    : >err.rm
    cache rm "$1" 2>err.rm &
    pid=$!
    expect_soon 20 test -s err.rm
    expect_equal "obexec: warning: cache \"$2\" is in use: waiting until it is free" "$(cat err.rm)" \
        "what rm says"
}

subject "one that is in use: rm waits for its end"
printf 'FROM busybox\nRUN --mount=type=cache,id=d,target=/c echo in; until [ -e /c/go ]; do sleep 0.02; done; test -s /c/f\n' >context/long
start_build long
long=$pid
expect_soon 20 has_printed long '\| in'
expect_equal "dir in use" "$(shown d 6-8)" "what the Dockerfile's is"
remove d d
find store/state/cache -mindepth 2 -maxdepth 2 -name 0 -exec touch {}/go \;
wait $long || fail "the build failed"
wait $pid || fail "rm failed"
expect_equal "" "$(shown d 1)" "what is left of it"
both 'ls /c'
expect_output $'big\nf'

subject "the same of a spec, by its name"
printf '((from busybox) (run (cache (s (target /c))) (secrets (go (target /go))) (shell "echo in; until [ -s /go ]; do sleep 0.02; done; cat /c/f; touch /c/late")))\n' >context/long
: >go
start_build long --secret=id=go,src=go
long=$pid
expect_soon 20 has_printed long '\| in'
remove "$(shown s 1 | cut -c 1-6)" s
echo now >go
wait $long || fail "the build failed"
wait $pid || fail "rm failed"
has_printed long '\| 2' || fail "its files went away meanwhile"
expect_equal "" "$(shown s 1)" "what is left of it"
expect_equal "" "$(ls store/state/cache/trees/result)" "the generations that are left"

subject "the others stay"
expect_equal 1 "$(cache ls | wc -l)" "the number of caches"

subject "what can't be meant"
expect_exit 1 cache rm nothing
expect_stderr 'obexec: no cache "nothing" in the store'
printf 'FROM busybox\nRUN --mount=type=cache,id=d,uid=5,target=/c true\n' | dockerfile
build_ok
expect_exit 1 cache rm d
expect_in_stderr 'fits more than one cache'
first=$(cache ls | head -n 1 | cut -c 1-12)
expect_exit 1 cache rm "$first" nothing
expect_equal 2 "$(cache ls | wc -l)" "the number of caches that are left"
expect_exit 2 cache rm
expect_exit 2 cache
expect_exit 2 cache look
expect_exit 2 cache ls d
for name in $(cache ls | cut -c 1-12); do
    expect_exit 0 cache rm "$name"
done

subject "an id that would drive the terminal"
printf 'FROM busybox\nRUN --mount=type=cache,id=a\033[31m,target=/c true\n' | dockerfile
build_ok
expect_exit 0 cache ls
! grep -q $'\033' out || fail "ls prints control characters"
expect_exit 0 cache rm $'a\033[31m'

subject "import: a new cache has the owner of the archive's directory, so that steps find it"
mkdir -p in/d
echo 1 >in/f
ln -s f in/d/l
ln in/f in/g
chown -R 7:8 in
tar -C in -cf in.tar .
tar -C in -czf in.tar.gz .
expect_exit 0 cache import --spec s in.tar
printf '((from busybox) (user (uid 7) (gid 8)) (run (cache (s (target /c))) (shell "find /c | sort; stat -c %%u:%%g:%%h /c/f; touch /c/mine")))\n' | spec
build_ok -f context/spec
expect_output $'/c\n/c/d\n/c/d/l\n/c/f\n/c/g\n7:8:2'
expect_exit 0 cache import i in.tar.gz
printf 'FROM busybox\nRUN --mount=type=cache,id=i,uid=7,gid=8,target=/c cat /c/f; echo own >/c/own\n' | dockerfile
build_ok
expect_output 1

subject "an archive that is no good makes no new one, and leaves nothing of what was unpacked"
head -c 100000 /dev/urandom >in/large
tar -C in -cf large.tar .
head -c 90000 large.tar >cut.tar
for option in --spec --store="$store"; do
    expect_exit 1 cache import "$option" fresh cut.tar
    expect_equal "" "$(shown fresh 1)" "the new cache"
    expect_exit 1 cache import i cut.tar
done
expect_equal "" "$(find store/state/cache -name large)" "what is left"
rm in/large cut.tar large.tar

subject "import replaces what there is, and nothing if the archive is no good"
echo 2 >in/f
tar -C in -cf in.tar .
head -c 3000 in.tar >cut.tar
for id in i s; do
    for bad in cut.tar context/Dockerfile none; do
        expect_exit 1 cache import $id $bad
    done
    expect_exit 0 cache import $id in.tar
done
echo 'RUN --mount=type=cache,id=i,uid=7,gid=8,target=/c cat /c/f; ls /c' >>context/Dockerfile
build_ok
expect_output $'2\nd\nf\ng'
sed -i 's/find/cat \/c\/f; find/' context/spec
build_ok -f context/spec
expect_output $'2\n/c\n/c/d\n/c/d/l\n/c/f\n/c/g\n7:8:2'

subject "export: the files, their owners and links, and the directory's own"
both 'mkdir /c/d; echo x >/c/d/x; chmod 640 /c/d/x; ln /c/d/x /c/h; ln -s none /c/l; mkfifo /c/p; touch -d 2001-02-03 /c/d; chmod 710 /c'
for id in d s; do
    expect_exit 0 cache export $id $id.tar
    cache export $id - | cmp - $id.tar
    rm -rf back
    mkdir back
    tar -C back -xpf $id.tar
    expect_equal "710 $([ $id = s ] && echo 7:8 || echo 0:0)" "$(stat -c '%a %u:%g' back)" "the directory"
    expect_equal "640 2 regular file" "$(stat -c '%a %h %F' back/d/x)" "the file"
    expect_equal "none fifo" "$(readlink back/l) $(stat -c %F back/p)" "the special files"
    expect_equal "2001-02-03" "$(date -r back/d +%F)" "the time of the directory"
done

subject "what is exported is what another store imports"
first=$store
store=copy:$tmp/second
dockerfile <<'END'
FROM busybox
END
build_ok
expect_exit 0 cache import --spec s s.tar
expect_exit 0 cache import d d.tar
for id in d s; do # the directory's own time is that of the import
    cache export $id - | tar -tvf - --full-time | grep -v ' \./$' >listed
    [ -s listed ] || fail "nothing is exported"
    tar -tvf $id.tar --full-time | grep -v ' \./$' | cmp - listed
done
store=$first

subject "import from standard input, which may be a pipe, and from another pipe"
for from in 'cache import n - <s.tar' 'cat s.tar | cache import n -' 'cache import n <(cat s.tar)'; do
    eval "$from" || fail "\"$from\" fails"
    cache export n - | tar -tvf - --full-time | grep -v ' \./$' | cmp - listed
    expect_exit 0 cache rm n
done
expect_exit 1 bash -c 'head -c 3000 s.tar | obexec cache import n - --store="$1"' - "$store"
expect_in_stderr '^obexec: "standard input": '
expect_exit 1 cache import n - # /dev/null
expect_stderr 'obexec: "standard input": it is no tar archive'

subject "export of what nothing was ever in"
mkdir -p "store/state/cache/$(printf '%064d' 7)"
printf 'dir\nvoid' >"store/state/cache/$(printf '%064d' 7)/about"
expect_exit 3 cache export void -
expect_stderr 'obexec: cache "void" is empty'

subject "export of what is not there, or to where nothing can be written"
expect_exit 1 cache export none x.tar
[ ! -e x.tar ] || fail "a file was made"
expect_exit 3 cache export d none/x.tar
expect_exit 3 cache export d /dev/full

subject "an export that fails leaves the file that was there, and nothing beside it"
mkdir large old
head -c 100000 /dev/urandom >large/file
tar -C large -cf large.tar .
expect_exit 0 cache import large large.tar
echo precious | tee old/l.tar >before
(
    ulimit -f 8
    exec obexec cache export large old/l.tar --store="$store" 2>limited
) && fail "the export wrote more than it may"
grep -q 'old/l.tar.*File too large' limited || fail "the export said: $(cat limited)"
cmp old/l.tar before
expect_equal l.tar "$(ls -A old)" "what is in the directory"
expect_exit 0 cache export large old/l.tar
tar -xOf old/l.tar file | cmp - large/file

subject "an archive that would lead out of its directory"
mkdir outside
python3 - <<'END'
import tarfile
with tarfile.open("evil.tar", "w") as t:
    link = tarfile.TarInfo("out")
    link.type, link.linkname = tarfile.SYMTYPE, "../../../../outside"
    t.addfile(link)
    for name in "out/evil", "../evil", "../../../../../evil", "/evil":
        t.addfile(tarfile.TarInfo(name))
END
cache import i evil.tar || true
cache import s evil.tar || true
[ ! -e /evil ] || fail "it has led out"
expect_equal "" "$(find . -name '*evil' -not -path './store/state/cache/*')" "what has led out"
expect_equal "" "$(find store/state/cache/*/evil store/state/cache/evil 2>/dev/null)" "what has led out"
