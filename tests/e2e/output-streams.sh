#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ids on standard output and nothing else, progress on standard error in its styles; and what the
# commands that look at a store say.
# shellcheck disable=SC2012 # the names are digests
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"

dockerfile <<'END'
FROM busybox AS one
RUN printf '\033[31mred\033[0m\007 \033]0;title\007 tab\tbell\nover\rwritten\nno newline'
FROM one
RUN printf 'bad \377 utf-8\n' && echo two >&2
END

subject "plain: standard output has the id, the terminal gets no control characters"
build_ok
[[ $(cat out) =~ ^[0-9a-f]{64}$ ]] || fail "standard output is $(cat out)"
! grep -q $'[\001-\010\013-\037\177]' err || fail "control characters: $(cat -v err)"
grep -q '| red' err && grep -q '| written$' err && grep -q '| no newline$' err ||
    fail "the output is wrong: $(cat err)"
expect_in_stderr '^\[2/3\] RUN printf'
expect_in_stderr '^\[2/3\] done in [0-9.]+s [0-9a-f]{12}$'
expect_in_stderr '^3 steps: 0 cached, 3 built in [0-9.]+s$'

subject "the log has the output as it was"
expect_exit 0 obexec log --store="$store" "$id"
expect_equal "$(printf 'bad \377 utf-8\ntwo')" "$(cat out)" "the log"

subject "json: one object a line, text in UTF-8"
expect_exit 0 obexec clean --store="$store"
build_ok --progress=json
python3 - err "$id" <<'END'
import json, sys
events = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]
kinds = [e["event"] for e in events]
assert kinds[0] == "build" and kinds[-1] == "end", kinds
assert kinds.count("start") == 3 and kinds.count("done") == 3, kinds
assert events[-1]["built"] == 3 and events[-1]["failed"] == 0, events[-1]
assert [e for e in events if e["event"] == "result"][0]["key"] == sys.argv[2]
text = "".join(e["text"] for e in events if e["event"] == "output")
assert "\x1b[31mred" in text and "bad \ufffd utf-8" in text, text
END

subject "quiet: nothing but the id"
expect_exit 0 obexec clean --store="$store"
build_ok --progress=quiet
expect_stderr ""
[[ $(cat out) =~ ^[0-9a-f]{64}$ ]] || fail "standard output is $(cat out)"

subject "several targets are printed with their names"
cp context/Dockerfile other
spec2ir -o ir context/Dockerfile other
expect_exit 0 obexec --store="$store" --build-context=busybox=dir:base ir context
expect_equal 2 "$(grep -Ec '^[0-9a-f]{64} .+$' out)" "the number of lines"

subject "ls"
expect_exit 0 obexec ls --store="$store"
expect_equal 3 "$(wc -l <out)" "the number of results"
grep -Eq "^${id:0:12}  [0-9]{4}-.*s  RUN printf 'bad" out || fail "ls prints $(cat out)"

subject "delete removes a result and what was built on it, and nothing else"
base=$(head -n 1 out | cut -c 1-12)
middle=$(sed -n 2p out | cut -c 1-12)
expect_exit 1 obexec delete --store="$store" 0000000000
expect_stderr 'obexec: no result "0000000000" in the store'
expect_exit 0 obexec delete --store="$store" "$middle"
expect_exit 0 obexec ls --store="$store"
expect_equal "$base" "$(cut -c 1-12 out)" "what is left"
expect_equal "$base" "$(ls store/result | cut -c 1-12)" "what is left in the store"
expect_exit 1 obexec log --store="$store" "$id"
expect_stderr "obexec: no log of \"$id\" in the store"
build_ok
expect_counts 1 2

subject "clean, healthcheck and stores"
expect_exit 0 obexec clean --store="$store"
expect_stdout "3 results removed"
expect_equal 0 "$(find store/result store/state/log -mindepth 1 | wc -l)" "what is left"
expect_exit 0 obexec ls --store="$store"
expect_stdout ""
expect_exit 0 obexec healthcheck --store="$store"
expect_stdout "store overlayfs and sandbox native work: $tmp/store"
expect_equal 0 "$(find store/result -mindepth 1 | wc -l)" "what the healthcheck left"
expect_exit 0 obexec stores
grep -q '^  overlayfs ' out || fail "obexec stores does not list overlayfs"

subject "standard output that is full is an error"
run bash -c "obkit build --store=$store --progress=quiet --build-context=busybox=dir:base context \
    >/dev/full"
expect_equal 3 "$status" "the exit status"
