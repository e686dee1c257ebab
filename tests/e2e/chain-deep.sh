#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Chains of many steps on overlayfs: a short one, and one that the kernel can not stack at once.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

# A stage of N steps, each of which makes a file and changes one; the last stage copies from it.
chain()
{
    local i
    {
        printf 'FROM busybox AS chain\nRUN mkdir /d; echo start >/d/log; echo gone >/d/gone\n'
        echo 'RUN rm /d/gone'
        for ((i = 3; i <= $1; i++)); do
            echo "RUN echo $i >/d/$i; echo $i >>/d/log"
        done
        printf 'FROM scratch\nCOPY --from=chain /d /d\n'
    } | dockerfile
}

expect_all()
{
    local n=$1
    [ "$(find d -type f | wc -l)" = $((n - 1)) ] || fail "there are $(find d | wc -l) files"
    [ "$(cat d/log)" = "$(echo start; seq 3 "$n")" ] || fail "the log is $(cat d/log)"
    [ "$(cat "d/$((n / 2))")" = $((n / 2)) ] || fail "a file in the middle is wrong"
}

for n in 60 550; do
    subject "a chain of $n steps: a copy from its end sees the files of all its steps"
    chain $n
    build_ok --progress=quiet
    with_result "$id" expect_all $n
    first=$id
    build_ok
    expect_counts $((n + 3)) 0
    expect_equal "$first" "$id" "the result"
done

subject "the same for a spec of 60 steps"
{
    printf '((build chain ((from busybox) (run (shell "mkdir /d; echo start >/d/log"))\n'
    echo '  (run (shell "true"))'
    for ((i = 3; i <= 60; i++)); do
        echo "  (run (shell \"echo $i >/d/$i; echo $i >>/d/log\"))"
    done
    printf ')) (from scratch) (copy (from (build chain)) (src /d) (dst /d)))\n'
} | spec
build_ok -f "$tmp/context/spec" --progress=quiet
with_result "$id" expect_all 60
