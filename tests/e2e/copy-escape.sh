#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A copy reads nothing outside of the context or the stage and writes nothing outside of the result,
# whatever links and dots there are.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
c=$tmp/context
echo outside-text >"$tmp/outside"
mkdir "$tmp/outdir"
echo outside-text >"$tmp/outdir/file"
mkdir "$c/d"
echo inside >"$c/file"
ln -s ../outside "$c/up"
ln -s "$tmp/outdir" "$c/absolute"
ln -s ../../../../../../../../../../etc "$c/d/etc"

# LINE...: a build of a Dockerfile or spec that must not show a secret.
no_secret()
{
    ! grep -rqs outside-text "$tmp/store/result" || fail "$* copied what is outside"
}

for source in up absolute/file d/etc/shadow ../outside d/../../outside; do
    subject "Dockerfile: COPY $source"
    printf 'FROM busybox\nCOPY %s /x\n' "$source" | dockerfile
    build
    [ "$status" = 1 ] || fail "exit status $status"
    no_secret "$source"
done

for source in absolute/file d/etc/shadow ../outside d/../../outside; do
    subject "spec: (src $source)"
    spec <<<"((from busybox) (copy (src $source) (dst /x)))"
    build -f "$c/spec"
    [ "$status" = 1 ] || fail "exit status $status"
    no_secret "$source"
done

subject "links themselves are copied as links"
spec <<<'((from busybox) (copy (src up) (dst /x)))'
build_ok -f "$c/spec"
expect_equal ../outside "$(with_result "$id" readlink x)" "the link"
printf 'FROM busybox\nCOPY . /all\n' | dockerfile
build_ok
expect_equal "$tmp/outdir" "$(with_result "$id" readlink all/absolute)" "the link"
no_secret .

subject "a destination is inside of the result, through links of the image as well"
dockerfile <<END
FROM busybox
RUN mkdir -p $tmp/outdir; ln -s $tmp/outdir /abs; ln -s ../../../../../../$tmp/outdir /rel; ln -s / /root/r
COPY file /abs/new
COPY file /rel/newer
COPY d /rel
COPY file ../../../../../dots
COPY file /root/r/through
END
build_ok
expect_equal file "$(ls "$tmp/outdir")" "what is in the directory outside"
expect_equal "dots through" "$(with_result "$id" ls -d dots through | xargs)" "the files"
expect_equal inside "$(with_result "$id" cat ".$tmp/outdir/new")" "the file through the link"

subject "a stage's links stay in the stage"
dockerfile <<END
FROM busybox AS a
RUN mkdir -p $tmp && echo own >$tmp/outside && ln -s $tmp/outside /link
FROM busybox
COPY --from=a /link /x
END
build_ok
expect_equal own "$(with_result "$id" cat x)" "the file"
