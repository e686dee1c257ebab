#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What COPY and (copy …) make of the context's files.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"

# The result of a Dockerfile's or a spec's lines on busybox.
df()
{
    printf '%s\n' 'FROM busybox' "$@" | dockerfile
    build_ok --progress=quiet
}

sx()
{
    printf '%s\n' '((from busybox)' "$@" ')' | spec
    build_ok --progress=quiet -f "$tmp/context/spec"
}

c=$tmp/context
printf 'spec\nDockerfile\n' >"$c/.dockerignore"
mkdir -p "$c/d/sub" "$c/d/empty"
echo a >"$c/a.txt"
echo b >"$c/b.txt"
echo f >"$c/d/f"
echo s >"$c/d/sub/s"
ln -s f "$c/d/link"
ln -s /etc/passwd "$c/d/out"
ln "$c/d/f" "$c/d/hard"
mkfifo "$c/d/fifo"
chmod 600 "$c/a.txt"
chmod 4755 "$c/b.txt"
chmod 1770 "$c/d/sub"
chown 5:6 "$c/d/f"

subject "a file to a name, to a directory with a slash, to a directory that is there"
df 'COPY a.txt /x/new' 'COPY a.txt /y/' 'COPY a.txt /root'
expect_file /x/new %F:%a:%u:%g 'regular file:600:0:0'
expect_file /y/a.txt %a 600
expect_file /root/a.txt %a 600
expect_file /root %a 700
expect_file /x %a:%u 755:0
sx '(copy (src a.txt) (dst /x/new)) (copy (src a.txt) (dst /y/))'
expect_file /x/new %F:%a:%u:%g 'regular file:600:0:0'
expect_file /y/a.txt %a 600

subject "a directory's contents, with all kinds of files"
for style in dockerfile spec; do
    if [ $style = dockerfile ]; then
        df 'COPY d /new'
    else
        sx '(copy (src d) (dst /new))'
    fi
    expect_names /new 'empty f fifo hard link out sub sub/s'
    expect_file /new/empty %F directory
    expect_file /new/fifo %F fifo
    expect_file /new/link %N "'new/link' -> 'f'"
    expect_file /new/out %N "'new/out' -> '/etc/passwd'"
    expect_file /new/f %h:%u:%g 2:0:0
    expect_file /new/sub %a 1770
    expect_equal "$(with_result "$id" stat -c %i new/f)" \
        "$(with_result "$id" stat -c %i new/hard)" "the inode of the hard link"
done

subject "several sources; in a spec, a directory under its name"
df 'COPY a.txt d b.txt /many/'
expect_names /many 'a.txt b.txt empty f fifo hard link out sub sub/s'
expect_file /many/b.txt %a 4755
sx '(copy (src a.txt d b.txt) (dst /many/))'
expect_names /many 'a.txt b.txt d d/empty d/f d/fifo d/hard d/link d/out d/sub d/sub/s'
expect_file /many/b.txt %a 4755

subject "wildcards, in Dockerfiles only"
df 'COPY *.txt /w/' 'COPY d/s?b /w/sub' 'COPY d/[e-f] /w/'
expect_names /w 'a.txt b.txt f sub sub/s'
spec <<<'((from busybox) (copy (src *.txt) (dst /w/)))'
build -f "$c/spec"
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'failed after .*: "\*\.txt" is not there$'

subject "existing directories keep their mode and owner, links to directories stay links"
df 'RUN chown 3:4 /var && mkdir -p /usr/bin2 && ln -s usr/bin2 /bin2' \
    'COPY a.txt b.txt /tmp/' 'COPY d/sub /var' 'COPY a.txt /bin2/' 'COPY d/sub /bin2'
expect_file /tmp %a 1777
expect_file /var %a:%u:%g 755:3:4
expect_file /bin2 %N "'bin2' -> 'usr/bin2'"
expect_names /usr/bin2 'a.txt s'
sx '(run (shell "chown 3:4 /var && mkdir -p /usr/bin2 && ln -s /usr/bin2 /bin2"))' \
    '(copy (src a.txt b.txt) (dst /tmp/)) (copy (src d/sub) (dst /var))' \
    '(copy (src a.txt) (dst /bin2/)) (copy (src d/sub) (dst /bin2))'
expect_file /tmp %a 1777
expect_file /var %a:%u:%g 755:3:4
expect_file /bin2 %N "'bin2' -> '/usr/bin2'"
expect_names /usr/bin2 'a.txt s'

subject "relative destinations are seen from the working directory"
df 'WORKDIR /w' 'COPY a.txt x' 'COPY a.txt sub/' 'COPY d/sub .'
expect_names /w 's sub sub/a.txt x'
sx '(workdir /w) (copy (src a.txt) (dst x)) (copy (src d/sub) (dst ./))'
expect_names /w 'sub sub/s x'

subject "a file replaces a file and a link, not what the link names; not a directory"
df 'RUN echo old >/old; ln -s old /l; mkdir /dir; echo old >/f' 'COPY a.txt /f' 'COPY a.txt /l'
expect_file /f %F:%s 'regular file:2'
expect_file /l %F 'regular file'
expect_file /old %s 4
printf 'FROM busybox\nRUN mkdir -p /x/sub\nCOPY d /y\nRUN mkdir /z; mkdir /z/f\nCOPY d /z\n' |
    dockerfile
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'failed after .*: "/z/f" is a directory, which a file can'"'"'t replace$'

subject "owner and mode"
printf 'root:x:0:0::/:/bin/sh\nbuild:x:70:71::/:/bin/sh\n' >base/etc/passwd
printf 'root:x:0:\nstaff:x:50:\n' >base/etc/group
df 'COPY --chown=7:8 a.txt /n' 'COPY --chown=build a.txt /b' 'COPY --chown=build:staff d /s' \
    'COPY --chown=9 a.txt /nine' 'COPY --chmod=755 a.txt d /m/' 'USER build' 'COPY a.txt /u'
expect_file /n %u:%g 7:8
expect_file /b %u:%g 70:71
expect_file /s/sub %u:%g 70:50
expect_file /s/link %u:%g 70:50
expect_file /nine %u:%g 9:9
expect_file /m/a.txt %a 755
expect_file /m/f %a 755
expect_file /u %u:%g 0:0
sx '(user (uid 7) (gid 8)) (copy (src a.txt d) (dst /n/))' '(user (name build))' \
    '(copy (src a.txt) (dst /b))'
expect_file /n/d/sub %u:%g 7:8
expect_file /n %u:%g 7:8
expect_file /b %u:%g 70:71
printf 'FROM busybox\nCOPY --chown=nobody a.txt /x\n' | dockerfile
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'failed after .*: the image has no user "nobody"$'

subject "exclude, and .dockerignore with exceptions"
sx '(copy (src d) (dst /x) (exclude fifo sub out))'
expect_names /x 'empty f hard link'
printf 'spec\nDockerfile\n**\n!d\nd/*\n!d/f\n!d/sub/s\n' >"$c/.dockerignore"
df 'COPY . /all'
expect_names /all 'd d/f d/sub d/sub/s'
printf 'FROM busybox\nCOPY a.txt /x\n' | dockerfile
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr '"a\.txt"'
printf 'spec\nDockerfile\n' >"$c/.dockerignore"

subject "names: long ones, blanks, bytes that are not UTF-8"
mkdir "$c/names"
long=$(printf 'n%.0s' $(seq 1 255))
touch "$c/names/$long" "$c/names/with blank" "$c/names/"$'\xff\xfe' "$c/names/new"$'\n'"line" \
    "$c/names/-dash" "$c/names/star*"
for style in dockerfile spec; do
    if [ $style = dockerfile ]; then
        df 'COPY names /names' 'COPY ["names/with blank", "/to this/"]'
    else
        sx '(copy (src names) (dst /names)) (copy (src "names/with blank") (dst "/to this/"))'
    fi
    expect_equal "$(cd "$c/names" && printf '%q ' *)" \
        "$(with_result "$id" bash -c 'cd names && printf "%q " *')" "the set of names"
    expect_file '/to this/with blank' %F 'regular empty file'
done

subject "extended attributes of users; 2,000 files"
if command -v setfattr >/dev/null && setfattr -n user.note -v hello "$c/a.txt"; then
    df 'COPY a.txt /x'
    expect_equal hello "$(with_result "$id" getfattr --only-values -n user.note x)" "the attribute"
fi
mkdir "$c/many"
for ((i = 0; i < 2000; i++)); do
    echo $i >"$c/many/$i"
done
df 'COPY many /many'
expect_equal 2000 "$(with_result "$id" bash -c 'ls many | wc -l')" "the number of files"
with_result "$id" diff -r many "$c/many"

subject "who reads files for long says so"
truncate -s 200G "$tmp/context/large" # of nothing
dockerfile <<'END'
FROM busybox
COPY large /
END
obkit build --store="$store" --build-context=busybox=dir:"$tmp/base" --progress=plain "$tmp/context" \
    >"$tmp/out" 2>"$tmp/err" &
expect_soon 20 grep -q '^\[2/2\] still reading files' "$tmp/err"
kill $!
wait $! || true
expect_equal 1 "$(grep -c 'still reading' "$tmp/err")" "the number of times that it says so"
