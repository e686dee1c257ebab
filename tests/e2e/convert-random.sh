#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Random Dockerfiles and the specs that they become build the same, unless a loss says that they may
# not:
#
#   tests/e2e/convert-random.sh [FIRST-SEED NUMBER]     in the build directory
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch "$@"
first=${1:-1} number=${2:-40}
make_base
cd "$tmp"
cat >base/etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
app:x:1000:100:App:/home/app:/bin/sh
END
printf 'root:x:0:\nusers:x:100:\n' >base/etc/group
mkdir -p context/dir/sub context/empty
chmod 700 context/dir/sub
chmod 711 context/dir
for name in a.txt 'b c.txt' dir/new dir/sub/deep; do
    echo "$name" >"context/$name"
done
chmod 750 context/dir/new
ln -s a.txt context/alias
ln -s dir context/dirlink
ln -s /etc/passwd context/dir/link
ln -s nowhere context/dir/dangling

# Sets tree to the file with what GRAPH builds, or with nothing if it fails: GRAPH NAME
tree_of()
{
    tree=$2
    : >"$tree"
    run obexec --store="$store" --network-default=host --build-context=busybox=dir:"$tmp/base" \
        "$1" context
    [ "$status" = 0 ] || return 0
    with_result "$(cat out)" python3 "$top_src/tests/e2e/tree.py" >"$tree" || fail "no tree"
}

same=0 failing=0 lossy=0
for ((seed = first; seed < first + number; seed++)); do
    python3 "$top_src/tests/e2e/random_dockerfile.py" "$seed" >Dockerfile
    expect_exit 0 spec2ir -o df.json Dockerfile
    tree_of df.json df.tree
    if ! [ -s df.tree ]; then
        failing=$((failing + 1))
        continue
    fi
    obexec --store="$store" --resolve --build-context=busybox=dir:"$tmp/base" df.json >pins.json
    expect_exit 0 spec2ir --to=spec --pin=pins.json --context=context --loss=losses -o x.spec Dockerfile
    expect_exit 0 spec2ir -o sx.json x.spec
    if grep -q Assumed losses; then
        lossy=$((lossy + 1))
        continue
    fi
    tree_of sx.json sx.tree
    if ! cmp -s df.tree sx.tree; then
        cat Dockerfile x.spec
        diff -u df.tree sx.tree || true
        show_run
        fail "seed $seed: the root filesystems differ"
    fi
    same=$((same + 1))
done
echo "$same the same, $failing that do not build, $lossy that lose something"
[ "$same" -ge $((number / 4)) ] || fail "too few say anything"
