#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the mounts of a command show of the build: the context and other steps' results.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"

# MOUNTS COMMAND: a command on busybox; step 1 is a stage to read.
steps()
{
    cat <<END
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "run", "op": {"shell": "base",
  "command": "mkdir -p /s/d; echo one >/s/one; chown 5:6 /s/one; ln -s /etc /s/out"}},
 {"kind": "run", "parent": 0, "reads": [$3], "op": {"shell": "base", "mounts": [$1],
  "command": "$2"}}]
END
}

run_step()
{
    steps "$1" "$2" "${3:-}" >in
    execute_ok <in
}

c=context
mkdir -p $c/src/sub
echo a >$c/src/a
echo b >$c/src/sub/b
echo hidden >$c/src/ignored
ln -s ../../../../../../.. $c/up
printf 'src/ignored\n' >$c/.dockerignore
chown 9:9 $c/src/a

bind='"type": "bind", "target": "/m", "read_only": true'

subject "the context, without what is ignored, owned by root, read-only"
run_step "{$bind, \"from\": \"context\"}" \
    'find /m/src | sort; stat -c %u /m/src/a; touch /m/x 2>/dev/null || echo ro'
expect_equal $'/m/src\n/m/src/a\n/m/src/sub\n/m/src/sub/b\n0\nro' "$(output)" "the output"
expect_equal "bin etc root tmp var" "$(with_result "$id" ls | xargs)" "what is in the root"
[ -z "$(ls store/state/scratch)" ] || fail "a copy is left"

subject "a directory or a file of it; only what is shown counts"
run_step "{$bind, \"from\": \"context\", \"source\": \"src/sub\"}" 'ls /m'
expect_output b
echo other >$c/src/a
run_step "{$bind, \"from\": \"context\", \"source\": \"src/sub\"}" 'ls /m'
expect_counts 2 0
echo changed >$c/src/sub/b
run_step "{$bind, \"from\": \"context\", \"source\": \"src/sub\"}" 'ls /m'
expect_counts 1 1
run_step "{$bind, \"from\": \"context\", \"source\": \"/src/a\"}" 'cat /m'
expect_output other
run_step "{$bind, \"from\": \"context\", \"ignore_given\": true, \"ignore\": [\"src/sub\"]}" 'ls /m/src'
expect_output $'a\nignored'

subject "a Dockerfile's own ignored files, where a blank before # makes it a pattern"
echo x >'context/#foo'
printf ' #foo\n#src\n' >context/Dockerfile.dockerignore
dockerfile <<'END'
FROM busybox
COPY . /copied
ADD . /added
RUN --mount=type=bind,target=/m for d in /m /copied /added; do test ! -e "$d/#foo" && ls $d/src; done
END
build_ok
expect_output $'a\nignored\nsub\na\nignored\nsub\na\nignored\nsub'
rm 'context/#foo' context/Dockerfile*

subject "nothing outside the context"
for source in ../../../../../.. up /; do
    run_step "{$bind, \"from\": \"context\", \"source\": \"$source\"}" 'ls /m'
    expect_output $'src\nup'
done
for source in none src/ignored; do
    steps "{$bind, \"from\": \"context\", \"source\": \"$source\"}" 'ls /m' '' >in
    execute_fails 1 "failed after .*: \"$source\" is " <in
done

subject "another step's result, as it is"
run_step "{$bind, \"from\": \"step\", \"source\": \"/s\"}" \
    'stat -c %u:%g /m/one; cat /m/one; touch /m/x 2>/dev/null || echo ro' 1
expect_output $'5:6\none\nro'
run_step "{$bind, \"from\": \"step\"}" 'ls /m/s' 1
expect_output $'d\none\nout'
run_step "{$bind, \"from\": \"step\", \"source\": \"s/one\"}" 'cat /m' 1
expect_output one
run_step "{$bind, \"from\": \"step\", \"source\": \"s/out\"}" 'ls -d /m/passwd' 1
expect_output /m/passwd

subject "what is written to a mount is discarded"
rw='"type": "bind", "target": "/m"'
run_step "{$rw, \"from\": \"step\", \"source\": \"s\"},
    {\"type\": \"bind\", \"target\": \"/c\", \"from\": \"context\", \"source\": \"src\"}" \
    'echo x >/m/new; echo x >/m/one; rm /c/a; ls /m /c; stat -c %u:%g /m/one' 1
expect_output $'/c:\nsub\n\n/m:\nd\nnew\none\nout\n5:6'
[ -e $c/src/a ] || fail "the context was changed"
run_step "{$bind, \"from\": \"step\", \"source\": \"/s\"}" 'ls /m; cat /m/one' 1
expect_output $'d\none\nout\none'

subject "the step that is read counts, and several are read in order"
run_step "{$bind, \"from\": \"step\"}" 'ls /m/s' 1
expect_counts 3 0
first=$id
run_step "{$bind, \"from\": \"step\"}" 'ls /m' 0
expect_different "$first" "$id" "the result"
run_step "{$bind, \"from\": \"step\"}, {\"type\": \"tmpfs\", \"target\": \"/t\"},
    {\"type\": \"bind\", \"target\": \"/n\", \"read_only\": true, \"from\": \"step\"}" \
    'ls -d /m/s /n/s 2>/dev/null' '1, 1'
expect_output $'/m/s\n/n/s'

subject "that a step has no network is part of the key"
run_step "{$bind, \"from\": \"context\"}" 'true'
first=$id
execute_ok --network-default=none <in
expect_different "$first" "$id" "the result"

subject "a tmpfs has its size"
run_step '{"type": "tmpfs", "target": "/t", "size": 65536}' \
    'dd if=/dev/zero of=/t/x bs=1k count=128 2>/dev/null || stat -c %s /t/x'
expect_output 65536

subject "a mount point that can't be made is the step's fault"
# TARGET COMPLAINT
can_not_mount()
{
    steps "{$bind, \"from\": \"step\"}, {\"type\": \"tmpfs\", \"target\": \"$1\"}" true 1 >in
    execute_fails 1 "^\\[3/3\\] failed after .*: mount \"$1\": .*$2\$" <in
    expect_not_in_stderr '^obexec:'
}
can_not_mount /m/t 'Read-only file system'
can_not_mount /m/s/../t/u 'Read-only file system'
can_not_mount /etc/passwd 'Not a directory'
can_not_mount /etc/passwd/x 'Not a directory'
can_not_mount /sys/t 'Read-only file system'
printf 'FROM busybox\nWORKDIR /m/new\nRUN --mount=type=bind,target=/m true\n' | dockerfile
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr '^\[3/3\] failed after .*: working directory: .*"/m/new".*: Read-only file system$'
expect_not_in_stderr '^obexec:'

subject "also where a link leads to the place"
printf 'FROM busybox\nRUN ln -s /sys/none /l\nRUN --mount=type=tmpfs,target=/l true\n' | dockerfile
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr '^\[3/3\] failed after .*: mount "/l": .*"/sys/none".*: Read-only file system$'
expect_not_in_stderr '^obexec:'

subject "so is a filesystem in which a sandbox finds no place for its own"
printf 'FROM busybox\nRUN mv /etc /etc2; mkdir -p /etc/hosts\nRUN true\n' | dockerfile
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr '^\[3/3\] failed after .*"/etc/hosts": Is a directory$'
expect_not_in_stderr '^obexec:'

subject "an ssh agent that is not required is not there; a cache has its mode and owner"
run_step '{"type": "ssh", "id": "default", "target": "/run/ssh"},
    {"type": "cache", "id": "x", "target": "/c", "mode": "0711", "uid": 3, "gid": 4}' \
    'stat -c %a:%u:%g /c; ls -d /run'" 2>/dev/null || echo none"
expect_output $'711:3:4\nnone'

subject "a Dockerfile's cache is root's unless it says whose; a spec's is the step's user's"
dockerfile <<'END'
FROM busybox
USER 1000:1001
RUN --mount=type=cache,target=/a --mount=type=cache,target=/b,uid=7,gid=8,mode=0700 \
    --mount=type=cache,target=/c,uid=1000 id -u; stat -c %a:%u:%g /a /b /c; touch /c/x
END
build_ok
expect_output $'1000\n755:0:0\n700:7:8\n755:1000:0'
spec <<'END'
((from busybox) (user (uid 1000) (gid 1001))
 (run (cache (x (target /a))) (shell "stat -c %a:%u:%g /a; touch /a/x")))
END
build_ok -f context/spec
expect_output 755:1000:1001

subject "a killed build's copy is removed by the next"
key=$(printf 'ab%.0s' {1..32})
mkdir -p "store/state/scratch/$key/0" store/state/scratch/other
run_step "{$bind, \"from\": \"context\"}" 'ls /m >/dev/null'
expect_equal other "$(ls store/state/scratch)" "what is in scratch"

subject "a store of plain copies"
store=copy:$tmp/copies
run_step "{$bind, \"from\": \"step\", \"source\": \"s/one\"},
    {\"type\": \"bind\", \"target\": \"/c\", \"from\": \"context\", \"source\": \"src\"}" \
    'cat /m; ls /c' 1
expect_output $'one\na\nsub'
expect_equal one "$(cat copies/result/*/fs/s/one)" "what the stage made"
