#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each system call of a build of ten steps fails once, with each kind of store (see syscalls.py).
# A check takes a hundred or so, from a random one on; by hand, FAULT_EVERY=1 takes all.
. "$(dirname "$0")/../e2e/functions.sh"
requires root busybox python3
[ -x tests/fault/inject ] || skip "inject was not built"
[ -z "${FAULT_EVERY:-}" ] || time_limit=86400
scratch
make_base
export PYTHONDONTWRITEBYTECODE=1
seed=${FAULT_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
echo "FAULT_SEED=$seed"

mkdir -p "$tmp/context/dir/sub"
echo content >"$tmp/context/dir/sub/file"
ln -s sub/file "$tmp/context/dir/link"
echo secret >"$tmp/context/secret"
tar -C "$tmp/context/dir" -czf "$tmp/context/archive.tar.gz" .
dockerfile <<'END'
FROM busybox AS one
RUN set -e; mkdir /one; echo 1 >/one/1; ln /one/1 /one/hard
COPY dir /one/dir
FROM busybox
WORKDIR /two
COPY --from=one /one /two/one
ADD archive.tar.gz /two/
RUN --mount=type=secret,id=key --mount=type=tmpfs,target=/mnt --mount=type=cache,target=/c \
    --mount=type=bind,from=one,source=/one,target=/src \
    set -e; sleep 0.001; sort /src/1 /run/secrets/key >/mnt/2; cat /mnt/2 >/two/2; cat /two/2 >/c/2
COPY <<EOF /two/here
a file
EOF
RUN set -e; rm /two/2; echo end >/two/3
END
spec2ir -O0 -o "$tmp/ir" "$tmp/context/Dockerfile"

for kind in overlayfs copy; do
    subject "$kind"
    mkdir "$tmp/$kind"
    cp -a "$tmp/base" "$tmp/ir" "$tmp/context" "$tmp/$kind"
    python3 "$top_src/tests/fault/syscalls.py" --every="${FAULT_EVERY:-60}" --seed="$seed" \
        tests/fault/inject "$top_build/obexec" "$kind" "$tmp/$kind"
done
