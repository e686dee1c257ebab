#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --trace writes a file that trace viewers read, however the build ends.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base

# The steps as the trace tells them.
expect_trace()
{
    python3 "$top_src/tests/e2e/trace.py" "$tmp/trace" >"$tmp/steps" || fail "no good trace"
    [ "$(cat "$tmp/steps")" = "$1" ] || {
        cat "$tmp/steps"
        fail "the trace is not: $1"
    }
}

dockerfile <<'END'
FROM busybox AS a
RUN sleep 0.3; echo a >/a
FROM busybox AS b
RUN sleep 0.2; echo b >/b
FROM busybox
COPY --from=a /a /
COPY --from=b /b /
END

subject "steps that run at the same time are in different rows"
build_ok -j2 --trace="$tmp/trace"
python3 "$top_src/tests/e2e/trace.py" "$tmp/trace" >"$tmp/steps" || fail "no good trace"
expect_equal "1 2" "$(sed -n 's/.* RUN .* built row //p' "$tmp/steps" | sort | xargs)" "the rows of RUN"
expect_equal 5 "$(grep -c " built row " "$tmp/steps")" "the number of steps"

subject "cached steps take no time"
build_ok --trace="$tmp/trace"
expect_trace '0 FROM busybox AS a cached row 0
1 RUN sleep 0.3; echo a >/a cached row 0
2 RUN sleep 0.2; echo b >/b cached row 0
3 COPY --from=a /a / cached row 0
4 COPY --from=b /b / cached row 0'

subject "a failed build has a trace, with what it failed for"
dockerfile <<'END'
FROM busybox
RUN printf '\377' >&2; exit 7
END
build --trace="$tmp/trace"
expect_equal 1 "$status" "the exit status"
expect_trace "0 FROM busybox cached row 0
1 RUN printf '\\377' >&2; exit 7 failed row 1"
grep -q '"why":"exit status 7"' "$tmp/trace" || fail "the trace does not say why"

subject "an interrupted build has a trace"
dockerfile <<'END'
FROM busybox
RUN echo started; sleep 60
END
spec2ir -o "$tmp/ir.json" "$tmp/context/Dockerfile"
status=0
obexec --store="$store" --build-context=busybox=dir:"$tmp/base" --trace="$tmp/trace" "$tmp/ir.json" \
    >"$tmp/out" 2>"$tmp/err" &
pid=$!
has_started()
{
    grep -q '| started' "$tmp/err"
}
expect_soon 10 has_started
kill -TERM "$pid"
wait "$pid" || status=$?
expect_equal 130 "$status" "the exit status"
expect_trace '0 FROM busybox cached row 0
1 RUN echo started; sleep 60 interrupted row 1'

subject "the time in which another process built a step is told apart"
dockerfile <<'END'
FROM busybox
RUN echo started; sleep 0.5
END
spec2ir -o "$tmp/ir.json" "$tmp/context/Dockerfile"
obexec --store="$store" "$tmp/ir.json" >"$tmp/out" 2>"$tmp/err" &
expect_soon 10 has_started
expect_exit 0 obexec --store="$store" --trace="$tmp/trace" "$tmp/ir.json"
wait
expect_trace '0 FROM busybox cached row 0
1 RUN echo started; sleep 0.5 cached row 1 waited'
grep -q '"name":"another obexec builds it"' "$tmp/trace" || fail "no span for the waiting"

subject "a build without steps to tell of has an empty trace"
expect_exit 1 obexec --store="$store" --trace="$tmp/trace" - <<<'{}'
expect_equal '[]' "$(cat "$tmp/trace")" "the trace"

subject "a file that can't be written is refused before the build, and a full disk is said after it"
expect_exit 3 obexec --store="$store" --trace="$tmp/no/trace" "$tmp/ir.json"
expect_stderr "obexec: can't write \"$tmp/no/trace\": No such file or directory"
expect_exit 0 obexec --store="$store" --trace=/dev/full "$tmp/ir.json"
expect_in_stderr "warning: can't write the trace \"/dev/full\": write: No space left on device"
