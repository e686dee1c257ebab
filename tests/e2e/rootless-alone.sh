#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An ordinary user without newuidmap: there is one owner for all files, and results say so.
. "$(dirname "$0")/functions.sh"
requires root busybox setpriv
scratch
make_base
chmod 755 "$tmp/base/root"

user()
{
    run "$top_src/tests/as-user.sh" "$kind" "$tmp" "$@"
    [ "$status" != 77 ] || skip "$(sed 's/^skipped: //' "$tmp/out")"
}

kind=alone
args=(--progress=plain --build-context=busybox=dir:"$tmp/base"
    --build-context=owned=tar:"$tmp/owned.tar")

user_builds()
{
    user obkit build "${args[@]}" "$tmp/context"
    [ "$status" = 0 ] || {
        show_run
        fail "the build ended with status $status"
    }
}

mkdir "$tmp/owned"
cp -a "$tmp/base/." "$tmp/owned/"
touch "$tmp/owned/games" "$tmp/owned/rooted"
chown 5:60 "$tmp/owned/games"
chmod 6755 "$tmp/owned/games" "$tmp/owned/rooted"
tar -C "$tmp/owned" -cf "$tmp/owned.tar" .
echo text >"$tmp/context/file"

subject "files are root's; set-id bits of others are gone, root's stay; a warning says what is missing"
dockerfile <<'END'
FROM owned
COPY --chown=7:8 file /to/
RUN --mount=type=secret,id=s,uid=5,gid=6,required=false id -u; stat -c '%n %u:%g %a' /games /rooted /to/file
RUN rm -r /var && mkdir /var && echo made
END
user_builds
expect_output $'0\n/games 0:0 755\n/rooted 0:0 6755\n/to/file 0:0 644\nmade'
expect_in_stderr '^obexec: warning: all files belong to root, .*: /etc/subuid and /etc/subgid give'
alone_id=$(cat "$tmp/out")
user_builds
expect_counts 4 0

subject "a terminal, a tmpfs and a file of another owner can be had"
dockerfile <<'END'
FROM busybox
RUN --mount=type=cache,target=/c,uid=5,gid=6,mode=700 stat -c '%u %a' /c; ls -d /dev/pts
END
user_builds
expect_output $'0 700\n/dev/pts'

subject "what begins from nothing has another id as well"
printf 'FROM scratch\nCOPY --chown=7:8 file /\n' | dockerfile
user_builds
scratch_id=$(cat "$tmp/out")

subject "another user can't be had, and that is no fault of the step"
printf 'FROM busybox\nUSER 5\nRUN true\n' | dockerfile
user obkit build "${args[@]}" "$tmp/context"
expect_equal 3 "$status" "the status"
expect_in_stderr 'user 5 with group 0 can.t be had: .*ROOTLESS in obexec'

subject "who only looks is not warned"
user obexec ls
expect_equal 0 "$status" "the status"
expect_stderr ""

subject "with other ids, the same store has other results"
kind=sub-ids
printf 'FROM owned\nCOPY --chown=7:8 file /to/\nRUN stat -c "%%u:%%g" /games /to/file\n' | dockerfile
user obkit build --progress=plain "$tmp/context"
expect_equal 3 "$status" "the status"
expect_in_stderr 'base image "owned" is not in the store'
user_builds
expect_output $'5:60\n7:8'
expect_different "$alone_id" "$(cat "$tmp/out")" "the id"
build_ok "${args[@]:1}"
expect_equal "$id" "$(cat "$tmp/out")" "the id"
printf 'FROM scratch\nCOPY --chown=7:8 file /\n' | dockerfile
user_builds
expect_different "$scratch_id" "$(cat "$tmp/out")" "the id of what begins from nothing"
