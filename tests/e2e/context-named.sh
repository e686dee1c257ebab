#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Directories that --build-context gives a name, to copy from and to mount.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"

other=$tmp/other
mkdir -p "$other/sub"
echo one >"$other/a"
echo two >"$other/sub/b"
echo secret >"$other/left-out"
echo left-out >"$other/.dockerignore"
echo main >"$tmp/context/a"

with_other()
{
    build_ok --build-context=other="$other"
}

subject "COPY --from=NAME takes its files, without what its own .dockerignore names"
dockerfile <<'END'
FROM busybox
COPY --from=other . /o/
COPY . /m/
RUN cat /o/a /o/sub/b /m/a && ! test -e /o/left-out
END
with_other
expect_output 'one
two
main'
expect_names /o '.dockerignore a sub sub/b'

subject "what changes there builds anew, and what changes in what it ignores does not"
with_other
expect_counts 4 0
echo other >"$other/left-out"
with_other
expect_counts 4 0
echo 1 >"$other/a"
with_other
expect_output '1
two
main'

subject "RUN --mount=from=NAME shows them"
dockerfile <<'END'
FROM busybox
RUN --mount=type=bind,from=other,target=/x cat /x/sub/b; ls -A /x
END
with_other
expect_output 'two
.dockerignore
a
sub'

subject "names are of either case, and two options of one name count once"
dockerfile <<'END'
FROM busybox
COPY --from=OTHER a /a
RUN cat /a
END
with_other
expect_output 1

subject "a context that the graph needs must be given, and be a directory"
"$top_build/spec2ir" --build-context=other="$other" -o ir.json "$tmp/context/Dockerfile"
expect_exit 1 obexec --store="$store" --build-context=busybox=dir:"$tmp/base" ir.json
expect_in_stderr '^obexec: the build copies files from the context "other": give its directory with --build-context other=DIR'
expect_exit 1 obexec --store="$store" --build-context=busybox=dir:"$tmp/base" \
    --build-context=other=/nowhere ir.json
expect_in_stderr '^obexec: can.t open context "/nowhere": No such file or directory'

subject "links in it stay in it"
ln -s /etc/passwd "$other/link"
ln -s ../../../../../etc "$other/up"
dockerfile <<'END'
FROM busybox
COPY --from=other up/passwd /passwd
END
build --build-context=other="$other"
expect_equal 1 "$status" "the status of a copy through a link that leads out"
expect_in_stderr '"up" is a link to "../../../../../etc", which is not in the context$'
