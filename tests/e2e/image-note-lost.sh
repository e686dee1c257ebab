#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the store notes about base images is not synced: a crash of the machine can leave it empty.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

dockerfile <<'END'
FROM busybox
RUN echo "$PATH" >/path
END
build_ok

for part in image config; do
    subject "an empty state/$part file is as none, and giving the image again makes it"
    for file in "$tmp/store/state/$part"/*; do
        : >"$file"
    done
    expect_exit 3 obkit build --store="$store" "$tmp/context"
    expect_in_stderr 'base image "busybox" is not in the store: give it with --build-context'
    build_ok
    expect_equal "2 0" "$(counts)" "cached and built"
    expect_exit 0 obkit build --store="$store" "$tmp/context"
done
