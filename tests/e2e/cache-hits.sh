#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is built again, and what is not.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

# The headings of the last build's steps that were built.
built()
{
    sed -n -E 's/^\[ *[0-9]+\/[0-9]+\] (.*)$/\1/p' "$tmp/err" |
        grep -Ev ': cached [0-9a-f]+$|^done in '
}

write_dockerfile()
{
    dockerfile <<END
FROM busybox AS maker
COPY input /input
RUN $1
RUN tr a-z A-Z </input >/made
FROM busybox
RUN echo first
COPY --from=maker /made /made
RUN $2
RUN cat /made
END
}
ln -s busybox "$tmp/base/bin/tr"
mkdir "$tmp/context/src"
echo text >"$tmp/context/input"

subject "a second run has everything in the cache and the same result"
write_dockerfile 'echo making' 'echo second'
build_ok
expect_counts 0 8
first=$id
build_ok
expect_counts 8 0
expect_equal "" "$(built)" "what was built"
expect_equal "$first" "$id" "the result"

subject "a changed late step builds only what follows"
write_dockerfile 'echo making' 'echo changed'
build_ok
expect_equal $'RUN echo changed\nRUN cat /made' "$(built)" "what was built"
expect_counts 6 2

subject "a stage built again with the same output keeps what copies from it"
write_dockerfile 'echo otherwise' 'echo second'
build_ok
expect_equal $'RUN echo otherwise\nRUN tr a-z A-Z </input >/made' "$(built)" "what was built"
expect_equal "$first" "$id" "the result"

subject "a stage with another output does not"
echo other >"$tmp/context/input"
build_ok
[ "$(built | wc -l)" = 6 ] || fail "built: $(built)"
expect_different "$first" "$id" "the result"
echo text >"$tmp/context/input"
build_ok
expect_equal "$first" "$id" "the result"
expect_counts 8 0

subject "what .dockerignore names may change, in a directory that is copied"
printf 'FROM busybox\nCOPY . /src\nRUN find /src\n' >"$tmp/context/Dockerfile"
printf '*.log\nDockerfile\n!keep.log\n' >"$tmp/context/.dockerignore"
echo 1 >"$tmp/context/a.log"
echo 1 >"$tmp/context/keep.log"
build_ok
first=$id
echo 2 >"$tmp/context/a.log"
echo 2 >"$tmp/context/b.log"
echo '# nothing' >>"$tmp/context/Dockerfile"
touch -d 2001-01-01 "$tmp/context/keep.log"
build_ok
expect_counts 3 0
expect_equal "$first" "$id" "the result"
echo 2 >"$tmp/context/keep.log"
build_ok
expect_counts 1 2
chmod 700 "$tmp/context/keep.log"
build_ok
expect_counts 1 2

subject "a base image that changes is fetched again, and is not when it is the same"
printf 'FROM busybox\nRUN cat /etc/issue\n' | dockerfile
echo one >"$tmp/base/etc/issue"
build_ok
expect_output one
echo two >"$tmp/base/etc/issue"
build_ok
expect_output two
echo one >"$tmp/base/etc/issue"
build_ok
expect_counts 2 0

subject "the log of a cached step is there"
expect_exit 0 obexec log --store="$store" "$id"
expect_stdout one
