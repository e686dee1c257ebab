#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An ordinary user who may use newuidmap builds what root builds, with the same ids.
. "$(dirname "$0")/functions.sh"
requires root busybox setpriv
scratch
make_base
chmod 755 "$tmp/base/root"

# As the user: status, output and messages as with run.
user()
{
    run "$top_src/tests/as-user.sh" "${kind:-sub-ids}" "$tmp" "$@"
    [ "$status" != 77 ] || skip "$(sed 's/^skipped: //' "$tmp/out")"
}

user_ok()
{
    user "$@"
    [ "$status" = 0 ] && return
    show_run
    fail "\"$*\" ended with status $status"
}

build_args=(--progress=plain --build-context=busybox=dir:"$tmp/base"
    --build-context=owned=tar:"$tmp/owned.tar")

# Both build the context; what the steps print and the result's id are the same.
same_for_both()
{
    local id out
    rm -rf "$tmp/store"
    build_ok "${build_args[@]:1}"
    out=$(output)
    user_ok obkit build "${build_args[@]}" "$@" "$tmp/context"
    expect_equal "$id" "$(cat "$tmp/out")" "the id of the user's result"
    expect_output "$out"
    expect_not_in_stderr warning
}

mkdir "$tmp/owned"
cp -a "$tmp/base/." "$tmp/owned/"
touch "$tmp/owned/games" "$tmp/owned/capable"
ln -s games "$tmp/owned/link"
chown -h 5:60 "$tmp/owned/games" "$tmp/owned/link"
chmod 6755 "$tmp/owned/games"
tar -C "$tmp/owned" -cf "$tmp/owned.tar" .
echo text >"$tmp/context/file"
chmod 640 "$tmp/context/file"
chown 54321 "$tmp/context/file"
list="find / -xdev ! -path '/bin/*' ! -path '/0/bin/*' ! -path '/etc/*' ! -path /proc ! -path /sys | sort | xargs stat -c '%n %u:%g %a %F'"

subject "owners, users, modes, removed directories"
dockerfile <<END
FROM busybox
RUN rm -r /var && mkdir /var && touch /var/new && chown 1:2 /var/new && chmod 4755 /var/new
COPY --chown=7:8 file /to/
USER 1000:1001
RUN id -u; touch /tmp/mine
USER root
RUN rm /root -r; mkdir /dir && mv /dir /tmp/dir
FROM owned
COPY --from=0 / /0/
RUN chown 65534:65534 /0/tmp; $list
END
same_for_both
same_for_both --store=copy:"$tmp/user/copy"

subject "the default store is the user's"
[ -d "$tmp/user/.cache/obkit/overlayfs/result" ] || fail "no store in the user's cache"

subject "the context is read with the user's rights"
chown 0 "$tmp/context/file"
chmod 600 "$tmp/context/file"
user obkit build "${build_args[@]}" "$tmp/context"
expect_equal 1 "$status" "the status"
expect_in_stderr '"file": Permission denied|"file".*Permission denied'
chmod 644 "$tmp/context/file"

subject "devices work, and none can be made that does"
dockerfile <<'END'
FROM busybox
RUN echo x >/dev/null && head -c 3 /dev/zero | wc -c && head -c 4 /dev/urandom | wc -c
RUN busybox mknod /tmp/null c 1 3 2>/dev/null && cat /tmp/null || echo no device
RUN busybox mount -t tmpfs none /tmp 2>/dev/null || echo no mount
END
user_ok obkit build "${build_args[@]}" "$tmp/context"
expect_output $'3\n4\nno device\nno mount'

subject "with the host's network /sys is the host's, read-only, without its control groups"
dockerfile <<'END'
FROM busybox
RUN --network=host ls /sys/class/net | wc -l; ls /sys/fs/cgroup | wc -l; \
    grep -c '^[^ ]* /sys sysfs ro,' /proc/mounts
END
user_ok obkit build "${build_args[@]}" "$tmp/context"
expect_output "$(find /sys/class/net/ -mindepth 1 | wc -l)"$'\n0\n1'

subject "a step that may do all is refused"
printf '# syntax=docker/dockerfile:1-labs\nFROM busybox\nRUN --security=insecure true\n' | dockerfile
user obkit build --allow=security.insecure "${build_args[@]}" "$tmp/context"
expect_equal 3 "$status" "the status"
expect_in_stderr '^obexec: a step that may do all needs root of the machine, not of a user namespace$'
expect_not_in_stderr '^\[' # known before the first step

if command -v slirp4netns >/dev/null && [ -e /dev/net/tun ]; then
    subject "a private network"
    mkdir "$tmp/tun"
    mount -t tmpfs -o mode=755 none "$tmp/tun"
    mknod -m 666 "$tmp/tun/tun" c 10 200
    mount --bind "$tmp/tun/tun" /dev/net/tun
    printf 'FROM busybox\nRUN ip -o -4 addr show | wc -l\n' | dockerfile
    user_ok obkit build --network-default=private "${build_args[@]}" "$tmp/context"
    expect_output 2
    user_ok obkit build --network-default=none "${build_args[@]}" "$tmp/context"
    expect_output 1
fi

subject "a killed obkit takes its build along, and the next one goes on"
printf 'FROM busybox\nRUN sleep %d\n' "1${$}1" | dockerfile
"$top_src/tests/as-user.sh" sub-ids "$tmp" obkit build "${build_args[@]}" "$tmp/context" \
    >"$tmp/bg" 2>&1 &
pid=$!
sleeps()
{
    pgrep -f "^sleep 1${$}1" >/dev/null
}
expect_soon 10 sleeps
kill -9 $pid
wait $pid 2>/dev/null || :
is_over()
{
    ! sleeps
}
expect_soon 10 is_over
user_ok obexec healthcheck
expect_in_stdout '^store overlayfs and sandbox native work'
expect_equal "" "$(ls "$tmp/user/.cache/obkit/overlayfs/tmp")" "what is left in tmp/"

subject "a user's store is not root's, and the other way round"
expect_exit 3 obexec ls --store=overlayfs:"$tmp/user/.cache/obkit/overlayfs"
expect_in_stderr '/obkit-store" belongs to another user: name another directory$'
chmod 755 "$tmp/store"
user obexec ls --store="$store"
expect_equal 3 "$status" "the status"
expect_in_stderr '/obkit-store" belongs to another user: name another directory$'
chmod 700 "$tmp/store"

subject "nor is one made outside of a user namespace used in one"
user_ok obexec ls
cp -r "$tmp/store" "$tmp/copied"
chown -R 54321:54321 "$tmp/copied"
user obexec ls --store=overlayfs:"$tmp/copied"
expect_equal 3 "$status" "the status"
expect_in_stderr 'was made outside of a user namespace and can.t be used in one'

subject "results with files of other users can be removed"
user_ok obexec clean
expect_in_stdout '^[0-9]+ results removed$'
user_ok obexec clean --store=copy:"$tmp/user/copy"
for store in "$tmp/user/.cache/obkit/overlayfs" "$tmp/user/copy"; do
    expect_equal "" "$(find "$store/result" "$store/tmp" -mindepth 1)" "what is left in $store"
done
