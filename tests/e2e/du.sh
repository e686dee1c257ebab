#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# obexec du: what each result takes of its own, what it shares, and what is free.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

dockerfile <<'END'
FROM busybox
RUN dd if=/dev/zero of=/a bs=1M count=3 2>/dev/null; ln /a /b
RUN : >/empty
RUN rm /a /b
END

du()
{
    expect_exit 0 obexec du --store="$store"
}

# OWN SHARED of the step with this heading, as du prints it.
sizes()
{
    grep -F -- "$1" "$tmp/out" | cut -c 13-36 | sed -E 's/ +/ /g; s/^ //; s/ $//'
}

subject "an empty store"
build_ok
expect_exit 0 obexec clean --store="$store"
du
expect_in_stdout "^0 results: 0 B; caches: 0 B; free: [0-9.]+ .iB of [0-9.]+ .iB$"

subject "in layers, a result shares what it stands on; hard links count once"
build_ok
du
own=$(sizes "FROM busybox" | cut -d ' ' -f 1,2)
expect_equal "$own 0 B" "$(sizes "FROM busybox")" "the sizes of FROM"
expect_equal "3.0 MiB $own" "$(sizes "dd if")" "the sizes of the files"
case $(sizes ": >/empty") in
*" KiB "* | "0 B "*) ;;
*) fail "an empty file takes $(sizes ": >/empty")" ;;
esac
expect_in_stdout "^4 results: "

subject "the sizes are kept, and right when the index is lost"
cp "$tmp/out" "$tmp/want"
rm "$tmp"/store/state/index.db*
du
expect_equal "$(sed '$d' "$tmp/want")" "$(sed '$d' "$tmp/out")" "what du says"

subject "caches count apart, and clean takes them too"
cp "$tmp/context/Dockerfile" "$tmp/before"
dockerfile <<'END'
FROM busybox
RUN --mount=type=cache,target=/cache dd if=/dev/zero of=/cache/x bs=1M count=5 2>/dev/null
END
build_ok
du
expect_in_stdout "; caches: 5\.[0-9] MiB; "
expect_exit 0 obexec clean --store="$store"
expect_in_stdout "^1 cache removed$"
du
expect_in_stdout "^0 results: 0 B; caches: [0-9.]+ K?i?B; "
cp "$tmp/before" "$tmp/context/Dockerfile"

subject "copies share nothing"
store=copy:$tmp/copies
build_ok
du
expect_equal 1 "$(grep -c '3\.0 MiB\|[4-9]\.[0-9] MiB.*dd if' "$tmp/out")" "the number of large results"
expect_equal "" "$(sed -n -E '2,5{/ 0 B /!p}' "$tmp/out")" "what shares something"
