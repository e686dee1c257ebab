#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Images with next to nothing in them work, and nothing of the sandbox stays in a result.
# shellcheck disable=SC2016 # what is not expanded here is the step's to expand
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
[ -x tests/e2e/tiny ] || skip "programs can not be linked statically here"

# All that is in a result.
tree()
{
    with_result "$1" find . -mindepth 1 -printf '%y %m %p\n' | sort
}

build_one()
{
    build_ok --build-context=one=dir:"$tmp/one" "$@"
}

mkdir -p "$tmp/one" "$tmp/base"
cp tests/e2e/tiny "$tmp/one/tiny"
chmod 755 "$tmp/one" "$tmp/one/tiny"

subject "an image with one static program and nothing else, exec form"
printf 'FROM one\nRUN ["/tiny", "/made"]\n' | dockerfile
build_one
expect_output 'tiny made /made'
expect_equal $'f 644 ./made\nf 755 ./tiny' "$(tree "$id")" "the result"

subject "the same as a spec's shell"
spec <<<'((from one) (shell /tiny -c) (run (shell /made)))'
build_one -f "$tmp/context/spec"
expect_equal $'f 644 ./made\nf 755 ./tiny' "$(tree "$id")" "the result"

subject "scratch and a copied program; the host's network needs no file in the image either"
cp tests/e2e/tiny "$tmp/context/tiny"
printf 'FROM scratch\nCOPY tiny /\nRUN --network=host ["/tiny", "/made"]\n' | dockerfile
build_ok
expect_equal $'f 644 ./made\nf 755 ./tiny' "$(tree "$id")" "the result"

subject "a working directory that is missing is made, and nothing else is"
printf 'FROM one\nWORKDIR /a/b\nRUN ["/tiny", "made"]\n' | dockerfile
build_one
expect_equal $'d 755 ./a\nd 755 ./a/b\nf 644 ./a/b/made\nf 755 ./tiny' "$(tree "$id")" "the result"

subject "busybox without bash, env or tar is enough for a spec's default shell and for copies"
mkdir -p "$tmp/small/bin"
cp /bin/busybox "$tmp/small/bin/busybox"
ln -s busybox "$tmp/small/bin/sh"
mkdir "$tmp/context/d"
echo text >"$tmp/context/d/f"
spec <<'END'
((build dev ((from small) (copy (src d) (dst /d)) (run (shell "echo $0 >>/d/f"))))
 (from small)
 (copy (from (build dev)) (src /d) (dst /e))
 (run (shell "read x </e/f; echo $x")))
END
build_ok -f "$tmp/context/spec" --build-context=small=dir:"$tmp/small"
expect_output text
expect_equal $'d 755 ./bin\nd 755 ./e\nf 644 ./e/f\nf 755 ./bin/busybox\nl 777 ./bin/sh' \
    "$(tree "$id")" "the result"

subject "files that the image has where the sandbox mounts are hidden in a step, and stay"
mkdir -p "$tmp/full/proc" "$tmp/full/dev" "$tmp/full/etc" "$tmp/full/sys" "$tmp/full/bin"
cp /bin/busybox "$tmp/full/bin/sh"
echo own >"$tmp/full/etc/hosts"
echo own >"$tmp/full/etc/resolv.conf"
echo own >"$tmp/full/proc/x"
printf 'FROM full\nRUN test ! -e /proc/x && test -e /proc/self && read a </etc/hosts && echo "$a"\n' |
    dockerfile
build_ok --build-context=full=dir:"$tmp/full"
expect_output '127.0.0.1 localhost builder'
with_result "$id" cmp etc/hosts proc/x
with_result "$id" cmp etc/resolv.conf proc/x
expect_equal "$(cd "$tmp/full" && find . -mindepth 1 | sort)" \
    "$(with_result "$id" find . -mindepth 1 | sort)" "the set of names in the result"
