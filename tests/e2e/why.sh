#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# obexec inspect --why says why a result had to be built: the nearest one before it, and what differs.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base

# What was built last is told so; without the first three lines, which name the results.
expect_why()
{
    expect_exit 0 obexec inspect --why --store="$store" "$id"
    sed -E "1,/^\$/d; s,$tmp/context/,,g; s/[0-9a-f]{12}\$/DIGEST/" "$tmp/out" >"$tmp/why"
    [ "$(cat "$tmp/why")" = "$1" ] && return
    show_run
    fail "the reason is not: $1"
}

expect_nothing_like_it()
{
    expect_exit 0 obexec inspect --why --store="$store" "$id"
    expect_in_stdout '^Nothing like it was built before'
}

echo 1 >"$tmp/context/file"
echo same >"$tmp/context/other"
echo same >"$tmp/context/file-d-x"
dockerfile <<'END'
FROM busybox
COPY . /src
RUN cat /src/file
RUN echo end
END
printf 'Dockerfile\n' >"$tmp/context/.dockerignore"

subject "what was never built before has nothing near it"
build_ok
first=$id
expect_nothing_like_it

subject "a file that is copied has changed, and others are new or gone"
echo 2 >"$tmp/context/file"
rm "$tmp/context/other"
mkdir "$tmp/context/file-d"
echo new >"$tmp/context/file-d/new"
build_ok
expect_why '- Dockerfile:2: COPY . /src: content of the files: DIGEST
+ Dockerfile:2: COPY . /src: content of the files: DIGEST
  Dockerfile:3: RUN cat /src/file: only its parent
  Dockerfile:4: RUN echo end: only its parent
  files of COPY . /src:
    changed: /src/file
    new:     /src/file-d
    new:     /src/file-d/new
    gone:    /src/other'
grep -q "^nearest   ${first:0:12} RUN echo end\$" "$tmp/out" || fail "the nearest is not the first"

subject "a command has changed"
sed -i 's/echo end/echo the end/' "$tmp/context/Dockerfile"
build_ok
expect_why '- Dockerfile:4: RUN echo end: command: "echo end"
+ Dockerfile:4: RUN echo the end: command: "echo the end"'

subject "a variable that a step before sees has changed, and a step was put in"
dockerfile <<'END'
FROM busybox
RUN mkdir /new
COPY . /src
ENV A=1
RUN cat /src/file
RUN echo the end
END
build_ok
expect_why '+ Dockerfile:2: RUN mkdir /new: only here
  Dockerfile:3: COPY . /src: only its parent
- Dockerfile:3: RUN cat /src/file: env A: not set
+ Dockerfile:5: RUN cat /src/file: env A: "1"
  Dockerfile:6: RUN echo the end: env A: as above'

subject "a stage that is copied from has changed"
dockerfile <<'END'
FROM busybox AS s
RUN echo 1 >/o
FROM busybox
COPY --from=s /o /o
RUN wc /o
END
build_ok
sed -i 's/echo 1/echo 22/' "$tmp/context/Dockerfile"
build_ok
expect_why '- Dockerfile:2: RUN echo 1 >/o: command: "echo 1 >/o"
+ Dockerfile:2: RUN echo 22 >/o: command: "echo 22 >/o"
- Dockerfile:4: COPY --from=s /o /o: content of the files: DIGEST
+ Dockerfile:4: COPY --from=s /o /o: content of the files: DIGEST
  Dockerfile:5: RUN wc /o: only its parent
  files of COPY --from=s /o /o:
    changed: /o'

subject "the base image has changed"
dockerfile <<'END'
FROM busybox
RUN echo on the base >/o
FROM busybox
COPY --from=0 /o /o
RUN echo on the base
END
build_ok
touch "$tmp/base/etc/new"
build_ok
expect_why '- Dockerfile:1: FROM busybox: content of the image: DIGEST
+ Dockerfile:1: FROM busybox: content of the image: DIGEST
  Dockerfile:2: RUN echo on the base >/o: only its parent
  Dockerfile:4: COPY --from=0 /o /o: only its parent and what it reads
  Dockerfile:5: RUN echo on the base: only its parent'

subject "the network is another"
build_ok --network-default=none
expect_why '- Dockerfile:5: RUN echo on the base: network, mounts or --no-cache: the default
+ Dockerfile:5: RUN echo on the base: network, mounts or --no-cache: DIGEST'

subject "of earlier results the one with most in common is chosen, not the last"
dockerfile <<'END'
FROM busybox
RUN echo a
RUN echo last
END
build_ok
near=$id
dockerfile <<'END'
FROM busybox
RUN echo far
RUN echo away
RUN echo last
END
build_ok
dockerfile <<'END'
FROM busybox
RUN echo a
ENV B=1
RUN echo last
END
build_ok
expect_why '- Dockerfile:3: RUN echo last: env B: not set
+ Dockerfile:4: RUN echo last: env B: "1"'
grep -q "^nearest   ${near:0:12} " "$tmp/out" || fail "another one is chosen"

subject "as JSON"
expect_exit 0 obexec inspect --why --format=json --store="$store" "$id"
python3 - "$tmp/out" "$id" "$near" <<'END'
import json, sys
r = json.load(open(sys.argv[1]))
assert r["key"] == sys.argv[2] and r["nearest"] == sys.argv[3], r
assert len(r["differs"]) == 2 and r["differs"][1].endswith('RUN echo last: env B: "1"'), r
END

subject "a deep chain is no matter"
{
    echo FROM busybox
    for i in $(seq 150); do echo "WORKDIR /d$((i % 7))"; done
    echo RUN true deep
} >"$tmp/context/Dockerfile"
build_ok
sed -i '2s/.*/WORKDIR \/other/' "$tmp/context/Dockerfile"
build_ok
expect_exit 0 obexec inspect --why --store="$store" "$id"
expect_in_stdout '^\+ .*Dockerfile:2: WORKDIR /other: path: "/other"$'

subject "a record that names itself, or a file elsewhere, does no harm"
record=$(ls "$tmp/store/state/record/$id" "$tmp/store/state/unsynced/$id" 2>/dev/null || true)
for parent in "$id" ../../../../../../../../etc/passwd; do
    sed -E -i "s,\"parent\":\"[^\"]*\",\"parent\":\"$parent\"," "$record"
    grep -q "$parent" "$record" || fail "the record is not damaged"
    expect_exit 0 obexec inspect --why --store="$store" "$id"
    expect_exit 0 obexec inspect --store="$store" "$id"
done
