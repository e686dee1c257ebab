#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What OBuilder's stress program does: 100 random builds of five steps that share a cache, 10 at a
# time. The steps are of few kinds, so that builds share beginnings.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
RANDOM=${STRESS_SEED:-$$}
echo "STRESS_SEED=${STRESS_SEED:-$$}"

# Each step adds its number to /out, so the result says which were run, and in which order.
for ((n = 0; n < 100; n++)); do
    numbers=
    for k in 1 2 3 4 5; do
        k=$((RANDOM % 4))
        numbers+=$k
        echo "RUN --mount=type=cache,target=/cache echo $k >>/cache/all && printf $k >>/out"
    done >"$tmp/steps"
    echo $numbers >"$tmp/$n.want"
    cat - "$tmp/steps" >"$tmp/$n" <<<"FROM busybox"
    spec2ir --from=dockerfile -o "$tmp/$n.ir" "$tmp/$n"
done

one_build()
{
    obexec --store="$store" --progress=json -j1 --build-context=busybox=dir:"$tmp/base" "$tmp/$1.ir" \
        >"$tmp/$1.out" 2>"$tmp/$1.err" || echo "build $1 failed"
}
export -f one_build
export store tmp

for kind in overlayfs copy; do
    subject "$kind: every build succeeds"
    store=$kind:$tmp/$kind
    seq 0 99 | xargs -P 10 -I N bash -c 'one_build N' >"$tmp/failed"
    if [ -s "$tmp/failed" ]; then
        head -n 3 "$tmp/failed"
        cat "$tmp/$(head -n 1 "$tmp/failed" | cut -d ' ' -f 2).err"
        fail "builds fail"
    fi

    subject "$kind: each result has run its own steps, in order"
    rm -f "$tmp/store"
    ln -s "$kind" "$tmp/store"
    for ((n = 0; n < 100; n++)); do
        id=$(cat "$tmp/$n.out")
        if [ $kind = copy ]; then
            got=$(cat "$tmp/copy/result/$id/fs/out")
        else
            got=$(with_result "$id" cat out)
        fi
        expect_equal "$(cat "$tmp/$n.want")" "$got" "/out of build $n"
    done

    subject "$kind: each step was built once"
    cat "$tmp"/*.err | sed -n -E 's/^\{"event":"done".*"key":"([^"]*)".*/\1/p' | sort >"$tmp/built"
    expect_equal "" "$(uniq -d "$tmp/built")" "what was built twice"
    expect_equal "$(ls "$tmp/$kind/result")" "$(cat "$tmp/built")" "what was built"
done
