#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Dockerfiles of absurd sizes: spec2ir takes them or says what is too much, with less than 1 GiB of
# memory and in a time that grows as the file does. It is never killed and never out of memory.
. "$(dirname "$0")/functions.sh"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/obkit-e2e-XXXXXX")
drop_tmp()
{
    rm -rf "$tmp"
}
cleanup_fn drop_tmp

# A sanitizer reserves terabytes of addresses.
limit_memory=true
[ -n "$(sed -n 's/^SANITIZED_TRUE = *//p' Makefile)" ] || limit_memory=false

format=ir

# Runs spec2ir on $tmp/f, and sets $cpu_ms to what it took.
compile()
{
    local TIMEFORMAT='%U %S' took
    took=$({
        time {
            ! $limit_memory || ulimit -v 1048576
            status=0
            timeout --signal=KILL 120 spec2ir --from=dockerfile --to="$format" "$tmp/f" \
                >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
            echo "$status" >"$tmp/status"
        }
    } 2>&1)
    status=$(cat "$tmp/status")
    cpu_ms=$(echo "$took" | awk '{ printf "%d", ($1 + $2) * 1000 }')
}

# STATUS MESSAGE GENERATOR N: compiles the Dockerfile that `GENERATOR N` prints. No message at all is
# expected where MESSAGE is empty.
expect_compiled()
{
    "$3" "$4" >"$tmp/f"
    compile
    if [ "$status" != "$1" ]; then
        show_run
        fail "\"$3 $4\" ended with status $status, not $1"
    fi
    if [ "$1" = 0 ] && [ -z "$2" ]; then
        expect_stderr ""
    else
        expect_in_stderr "$2"
    fi
    [ "$(wc -c <"$tmp/err")" -le 65536 ] || fail "\"$3 $4\": messages of $(wc -c <"$tmp/err") bytes"
}

# The same for N and 4 N, which may take 8 times as long: for less than that nobody needs a square.
# What takes no time at N can't be compared. Another try is for a machine that is busy.
expect_linear()
{
    local tries=3 small large
    while [ $((tries--)) -gt 0 ]; do
        expect_compiled "$@"
        small=$((cpu_ms > 20 ? cpu_ms : 20))
        expect_compiled "$1" "$2" "$3" $(($4 * 4))
        large=$cpu_ms
        [ "$large" -ge $((small * 8)) ] || return 0
    done
    fail "\"$3 $4\" takes $small ms, and 4 times as much takes $large ms"
}

# FORMAT N [BETWEEN]: FORMAT for each number below N. It has one %d or more.
numbers()
{
    awk -v format="$1" -v n="$2" -v between="${3-}" 'BEGIN {
        for (i = 0; i < n; i++)
            printf format between, i, i
    }'
}

# TEXT N: TEXT as often.
repeat()
{
    awk -v text="$1" -v n="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", text }'
}

subject "one line of 10 MB"
long_run()
{
    printf 'FROM a\nRUN '
    head -c "$1" /dev/zero | tr '\0' x
    echo
}
long_env()
{
    printf 'FROM a\nENV'
    numbers ' NAME%d=value%d' $(($1 / 20))
    printf '\nRUN x\n'
}
long_copy()
{
    printf 'FROM a\nCOPY '
    numbers 'path/number%d ' $(($1 / 17))
    echo /
}
long_json()
{
    printf 'FROM a\nCMD ["x"'
    repeat ', "abc"' $(($1 / 7))
    echo ']'
}
known_variables()
{
    printf 'FROM a\nARG A=1\nENV B='
    # shellcheck disable=SC2016 # it is for the Dockerfile
    repeat '$A' $(($1 / 2))
    echo
}
late_variables()
{
    printf 'FROM a\nENV B='
    # shellcheck disable=SC2016
    repeat '$A' $(($1 / 2))
    echo
}
continued()
{
    printf 'FROM a\nRUN x\\\n'
    # shellcheck disable=SC1003
    repeat ' yyyyyy \
# comment
' $(($1 / 20))
    echo z
}
for long in long_run long_env long_copy long_json known_variables continued; do
    expect_linear 0 '' $long 2500000
done
expect_compiled 1 ':1:1: error: the values in this file grow to more than 256 MiB, with what its steps repeat$' \
    late_variables 10000000

subject "an error at the end of a long line, and many in one"
bad_port()
{
    printf 'FROM a\nEXPOSE '
    repeat '1 ' "$1"
    echo x
}
bad_ports()
{
    printf 'FROM a\nEXPOSE '
    repeat 'x ' "$1"
    echo
}
expect_linear 1 '^[^ ]*:2:[0-9]+: error: "x" is not a port' bad_port 250000
expect_linear 1 '^[^ ]*:2:8: error: "x" is not a port' bad_ports 250000

subject "names of 1 MB"
long_names()
{
    local name
    name=$(head -c "$1" /dev/zero | tr '\0' x)
    printf 'ARG %s=1\nFROM a AS %s\nARG %s\nENV %sy=2\nRUN y\nFROM %s\nENV B=$%s\nRUN z\n' \
        "$name" "$name" "$name" "$name" "$name" "$name"
}
expect_linear 0 '' long_names 250000

subject "100,000 instructions, and one more"
instructions()
{
    printf 'FROM a\n'
    numbers 'RUN x%d\n' $(($1 - 1))
}
images()
{
    printf 'FROM a\n'
    numbers 'ENV A%d=b\nLABEL C%d=d\n' "$1"
    numbers 'EXPOSE %d\nVOLUME /v%d\n' "$1"
}
expect_linear 0 '' instructions 25000
expect_compiled 1 '^[^ ]*:100001:1: error: more than 100000 instructions$' instructions 100001
expect_linear 0 '' images 6000

subject "10,000 stages, and one more"
stages()
{
    numbers 'FROM a AS s%d\nRUN x%d\n' "$1"
}
chain_of_stages()
{
    printf 'FROM a AS s0\n'
    awk -v n="$1" 'BEGIN {
        for (i = 1; i < n; i++)
            printf "FROM %s%d AS s%d\nCOPY --from=s%d /a /b\n", i % 2 ? "s" : "a", i % 2 ? i - 1 : i,
                i, i - 1
    }'
}
copies_from_all()
{
    numbers 'FROM a AS s%d\nRUN x%d\n' $(($1 - 1))
    echo "FROM a"
    numbers 'COPY --from=s%d /a /b%d\n' $(($1 - 1))
}
expect_linear 0 '' stages 2500
expect_compiled 1 '^[^ ]*:20001:1: error: more than 10000 stages$' stages 10001
expect_linear 0 '' chain_of_stages 2500
expect_linear 0 '' copies_from_all 2500

subject "brackets and variables within each other"
# shellcheck disable=SC2016
nested_variables()
{
    printf 'FROM a\nENV A='
    repeat '${a:-' "$1"
    repeat '}' "$1"
    echo
}
# shellcheck disable=SC2016
open_variables()
{
    printf 'FROM a\nENV A='
    repeat '"${a:-' "$1"
    echo
}
# shellcheck disable=SC2016
late_variables_in_turn()
{
    printf 'FROM a\n'
    repeat 'ENV A=${A:-x}
' "$1"
}
nested_json()
{
    printf 'FROM a\nCMD '
    repeat '[' "$1"
    repeat ']' "$1"
    echo
}
too_deep='^[^ ]*:2:[0-9]+: error: variables are nested too deeply, more than 200 levels$'
expect_compiled 0 '' nested_variables 200
expect_linear 1 "$too_deep" nested_variables 2500
expect_linear 1 "$too_deep" open_variables 2500
expect_compiled 0 '' late_variables_in_turn 500
expect_linear 1 ': error: late expansions are nested too deeply, more than 600 levels$' \
    late_variables_in_turn 20000
expect_linear 0 '' nested_json 1250000

subject "patterns for a value of 1 MB"
# shellcheck disable=SC2016
patterns()
{
    printf 'FROM a\nARG A='
    repeat xxxxyyyyzz $(($1 / 10))
    printf '\nENV B=${A//x/} C=${A%%%%y*z*x*} D=${A##*x*y?z*a} E=${A//*z/b}\nRUN x\n'
}
expect_linear 0 '' patterns 250000

subject "variables of the image in one text, of which one is known to be set"
# shellcheck disable=SC2016
path_and_others()
{
    printf 'FROM a\nENV B=${PATH-y}'
    numbers '$A%d' "$1"
    printf '\nRUN x\nRUN y\n'
}
expect_linear 0 '' path_and_others 10000

subject "values that grow with every instruction"
# shellcheck disable=SC2016
doubling()
{
    printf 'FROM a\nARG A=xxxxxxxx\n'
    repeat 'ARG A=$A$A
' "$1"
}
# shellcheck disable=SC2016
doubling_late()
{
    printf 'FROM a\n'
    repeat 'ENV A=${A:-$A}
' "$1"
}
all_in_each_step()
{
    printf 'FROM a\n'
    numbers 'ENV A%d=b\nRUN x\n' "$1"
}
for growing in doubling doubling_late all_in_each_step; do
    expect_compiled 1 ': error: the values in this file grow to more than 256 MiB, with what its steps repeat$' $growing 20000
done

subject "heredocs: 1,000 in one line, 10,000, and one without an end"
heredocs()
{
    printf 'FROM a\nCOPY'
    numbers ' <<E%d' "$1"
    printf ' /\n'
    numbers 'text\nE%d\n' "$1"
}
open_heredoc()
{
    printf 'FROM a\nRUN <<EOF\n'
    repeat 'text
' $(($1 / 5))
}
expect_compiled 0 '' heredocs 1000
expect_linear 1 '^[^ ]*:2:[0-9]+: error: more than 1000 heredocs in one instruction$' heredocs 2500
expect_linear 1 '^[^ ]*:2:5: error: heredoc without an end: expected a line "EOF"$' \
    open_heredoc 2500000

subject "20,000 mounts of one instruction"
mounts()
{
    printf 'FROM a\nRUN'
    numbers ' --mount=type=cache,target=/c%d' "$1"
    echo ' x'
}
mounts_from()
{
    printf 'FROM a\nRUN'
    numbers ' --mount=from=i%d,target=/m%d' "$1"
    echo ' x'
}
expect_linear 0 '' mounts 5000
expect_linear 0 '' mounts_from 5000

subject "of 100,000 wrong lines some are shown, and all are counted"
wrong_lines()
{
    printf 'FROM a\n'
    repeat 'RUM x
' $(($1 - 1))
}
expect_linear 1 '^[^ ]*:2:1: error: unknown instruction "RUM"$' wrong_lines 25000
expect_equal 50 "$(grep -c ': error: unknown instruction' "$tmp/err")" "the number of messages"
expect_equal "99949 more messages are not shown" "$(tail -n 1 "$tmp/err")" "the last line"

subject "stages become a spec in linear time, unless each is written out in many"
read_stages()
{
    awk -v n="$1" 'BEGIN {
        for (i = 0; i < n; i++)
            printf "FROM a AS s%d\nRUN x%d\n", i, i
        print "FROM b"
        for (i = 0; i < n; i++)
            printf "COPY --from=s%d /a/ /b\n", i
    }'
}
nested_stages()
{
    printf 'FROM a AS s0\nRUN x0\n'
    awk -v n="$1" 'BEGIN {
        for (i = 1; i < n; i++)
            printf "FROM s%d AS s%d\nCOPY --from=s%d /a /b\nRUN x%d\n", i - 1, i, i - 1, i
    }'
}
format=spec
expect_linear 0 '"a" is not known, and taken to have the user root' read_stages 2000
expect_compiled 1 ': error: the values in this file grow to more than 256 MiB' nested_stages 9000
[ "$cpu_ms" -lt 20000 ] || fail "it takes $cpu_ms ms to find out"
