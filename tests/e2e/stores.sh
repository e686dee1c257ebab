#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# obexec stores: what this machine can do, and why it can't do the rest.
. "$(dirname "$0")/functions.sh"
requires root
scratch

subject "all work on a tmpfs, and nothing is left there"
mkdir "$tmp/empty"
expect_exit 0 obexec stores "$tmp/empty"
expect_in_stdout "^stores .*, tried in \"$tmp/empty\"$"
expect_in_stdout "^  overlayfs  "
expect_in_stdout "^  copy  "
expect_in_stdout "^  native  "
expect_in_stdout "^  oci-layout  "
! grep -q "not here" "$tmp/out" || fail "something does not work: $(cat "$tmp/out")"
expect_equal "" "$(ls -A "$tmp/empty")" "what is left"

subject "a directory that is not there is not made"
expect_exit 0 obexec stores "$tmp/empty/a/b"
expect_in_stdout "tried in \"$tmp/empty\"$"
expect_equal "" "$(ls -A "$tmp/empty")" "what is left"

subject "a filesystem that can't be an upper layer"
mkdir "$tmp"/{lower,upper,work,overlay}
mount -t overlay -o "lowerdir=$tmp/lower,upperdir=$tmp/upper,workdir=$tmp/work" overlay "$tmp/overlay"
expect_exit 0 obexec stores "$tmp/overlay"
expect_in_stdout "^  overlayfs .*\(not here\)$"
expect_in_stdout "^ {18}overlayfs store: no overlay can be "
expect_in_stdout "^  copy .*filesystem$"
expect_equal "" "$(ls -A "$tmp/overlay")" "what is left"

subject "a place that can't be written"
mount -o remount,ro "$tmp/overlay"
expect_exit 0 obexec stores "$tmp/overlay"
expect_in_stdout "not tried, can't write in \"$tmp/overlay\": Read-only file system"
expect_in_stdout "^  native  "
umount "$tmp/overlay"
