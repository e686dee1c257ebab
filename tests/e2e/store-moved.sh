#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A store that was moved, or copied by the usual tools, works at its new place.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

dockerfile <<'END'
FROM busybox
RUN echo one >/one; ln /one /also; chown 7:8 /one; chmod 4711 /bin/busybox
RUN rm /also; mkdir /dir; mv /etc /dir
RUN --network=none cat /one /dir/etc/passwd >/sum
END

# More is built on what is there at the new place.
use()
{
    build_ok
    expect_counts 4 0
    cp "$tmp/context/Dockerfile" "$tmp/before"
    echo "RUN echo $1; cat /sum /one; [ ! -e /also ]; [ ! -e /etc/passwd ]; stat -c '%a %u' /one" \
        >>"$tmp/context/Dockerfile"
    build_ok
    expect_counts 4 1
    output | tail -n 1 >"$tmp/last"
    expect_equal "644 7" "$(cat "$tmp/last")" "what the new step sees"
    expect_exit 0 obexec ls --store="$store"
    expect_equal 5 "$(wc -l <"$tmp/out")" "the number of results"
    expect_exit 0 obexec delete --store="$store" "$id"
    cp "$tmp/before" "$tmp/context/Dockerfile"
}

for kind in overlayfs copy; do
    store=$kind:$tmp/first-$kind
    build_ok --durable

    subject "$kind, moved"
    mkdir -p "$tmp/elsewhere/deeper"
    mv "$tmp/first-$kind" "$tmp/elsewhere/deeper/moved-$kind"
    store=$kind:$tmp/elsewhere/deeper/moved-$kind
    use "moved $kind"

    subject "$kind, copied with cp -a"
    cp -a "${store#*:}" "$tmp/copy-$kind"
    store=$kind:$tmp/copy-$kind
    use "copied $kind"

    subject "$kind, copied and used on another machine: what was synced stays"
    cp -a "${store#*:}" "$tmp/there-$kind"
    store=$kind:$tmp/there-$kind
    echo of-another-machine >"$tmp/there-$kind/state/boot"
    use "copied far $kind"
    expect_not_in_stderr restarted

    subject "$kind, copied while it was used: the copy asks nobody"
    rm -rf "$tmp/copy-$kind"
    use "again $kind"

    if command -v rsync >/dev/null; then
        subject "$kind, copied with rsync"
        rsync -aHAXS "${store#*:}/" "$tmp/rsync-$kind/"
        store=$kind:$tmp/rsync-$kind
        use "rsynced $kind"
    fi
    rm -rf "$tmp/there-$kind" "$tmp/rsync-$kind" "$tmp/elsewhere"
done
