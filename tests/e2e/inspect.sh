#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# obexec inspect says what a result is.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base

dockerfile <<'END'
FROM busybox AS a
ENV GREETING="hello world"
RUN echo "$GREETING" >/a
FROM busybox
COPY --from=a /a /b
RUN cat /b
END
build_ok
top=$id
key_of()
{
    obexec ls --store="$store" | sed -n "s/ .* $1\$//p"
}
copy=$(key_of 'COPY --from=a .*')
base=$(key_of 'FROM busybox.*')
run_a=$(key_of 'RUN echo .*')

subject "for people"
expect_exit 0 obexec inspect --store="$store" "$copy"
sed -E -i "s,$tmp,TMP,g; s/[0-9-]{10} [0-9:]{8}/TIME/; s/in [0-9.]+s/in TIME/; s/^(id +$copy)[0-9a-f]{52}/\1/
    s/^(size +)[0-9.].*/\1SIZE/; s/(^input +|log\/)[0-9a-f]{64}/\1HEX/" "$tmp/out"
expect_stdout "id        $copy
step      COPY --from=a /a /b
place     TMP/context/Dockerfile:5
kind      copy
op        from: \"step\"
          src[0]: \"a\"
          dst: \"/b\"
input     HEX
made      TIME in TIME
used      TIME
size      SIZE
log       TMP/store/state/log/HEX
on        $base FROM busybox AS a
reads     $run_a RUN echo \"\$GREETING\" >/a
below     ${top:0:12} RUN cat /b"

subject "for programs"
expect_exit 0 obexec inspect --store="$store" --format=json "$copy"
python3 - "$tmp/out" "$top" "$tmp/store" <<'END'
import json, os, sys
r = json.load(open(sys.argv[1]))
assert r["kind"] == "copy" and r["heading"] == "COPY --from=a /a /b" and r["line"] == 5, r
assert r["op"] == {"style": "dockerfile", "from": "step", "src": ["a"], "dst": "/b"}, r
assert r["children"] == [sys.argv[2]] and len(r["chain"]) == 1 and len(r["reads"]) == 1, r
assert r["log"] == os.path.join(sys.argv[3], "state/log", r["key"]), r
assert r["created"] <= r["used"] and r["ms"] >= 0 and r["size"] > 0, r
END

subject "the chain is told from the result down, and a base stands on nothing"
expect_exit 0 obexec inspect --store="$store" "$top"
expect_equal "on $copy COPY --from=a /a /b $base FROM busybox AS a" \
    "$(sed -n '/^on /,$p' "$tmp/out" | xargs)" "the chain"
expect_exit 0 obexec inspect --store="$store" "$base"
expect_in_stdout '^kind +from$'
! grep -q '^on ' "$tmp/out" || fail "a base stands on something"

subject "what does not exist"
expect_exit 1 obexec inspect --store="$store" ffffffffffff
expect_stderr 'obexec: no result "ffffffffffff" in the store'
expect_exit 2 obexec inspect --store="$store"
expect_exit 2 obexec inspect --store="$store" --format=xml "$top"
expect_in_stderr '^obexec: inspect: --format takes text or json, not "xml"$'

subject "a step that is running is no result yet"
dockerfile <<'END'
FROM busybox
RUN echo begin; sleep 5
END
obkit build --store="$store" "$tmp/context" >"$tmp/build" 2>&1 &
pid=$!
has_log()
{
    [ -s "$(echo "$tmp"/store/state/log/*.part)" ]
}
expect_soon 10 has_log
running=$(basename "$tmp"/store/state/log/*.part .part)
expect_exit 1 obexec inspect --store="$store" "$running"
expect_stderr "obexec: result ${running:0:12} is not built: see \"obexec log ${running:0:12}\""
kill "$pid"
wait "$pid" || true

subject "nothing in a result drives the terminal"
execute_ok <<'END'
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "run", "op": {"shell": "base", "command": "true \u001b[2J"}, "meta": {"heading": "RUN \u001b[2J"}}]
END
expect_exit 0 obexec inspect --store="$store" "$id"
! grep -q $'\x1b' "$tmp/out" || fail "an escape sequence is printed"
