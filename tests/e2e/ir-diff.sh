#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# spec2ir --diff says why ids differ.
. "$(dirname "$0")/functions.sh"
scratch
cd "$tmp"

# TEXT FILE: compiles the Dockerfile FILE/Dockerfile of this text to FILE.json.
compile()
{
    mkdir -p "$2"
    printf '%b' "$1" >"$2/Dockerfile"
    expect_exit 0 spec2ir -o "$2.json" "$2/Dockerfile"
}

subject "the cause, and what follows from it"
compile 'FROM x AS s\nENV A=1\nRUN make\nFROM y\nCOPY --from=s /o /o\nRUN end\n' a
compile 'FROM x AS s\n\nENV A=2\nRUN make\nFROM y\nCOPY --from=s /o /o\nRUN end\n' b
expect_exit 1 spec2ir --diff a.json b.json
expect_stdout '- a/Dockerfile:3: RUN make: env A: "1"
+ b/Dockerfile:4: RUN make: env A: "2"
  b/Dockerfile:6: COPY --from=s /o /o: only what it reads
  b/Dockerfile:7: RUN end: only its parent'
expect_stderr ""

subject "comments and blank lines are no difference"
compile '# syntax=x\nFROM x as s\nEnv A 1\n\nRUN make\nFROM y\nCOPY --from=s /o /o\nRUN end\n' c
expect_exit 0 spec2ir --diff a.json c.json
expect_stdout ""

subject "large graphs are compared in less than ten times what their compiling takes"
# TRUNK STAGES ENV [INSERTED]: many stages on one trunk, whose commands all see the variable.
staged()
{
    awk -v trunk="$1" -v stages="$2" -v env="$3" -v inserted="${4:--1}" 'BEGIN {
        printf "FROM x AS trunk\nENV A=%s\n", env
        for (i = 0; i < trunk; i++) {
            if (i == inserted)
                print "RUN inserted"
            printf "RUN make %d\n", i
        }
        for (i = 0; i < stages; i++)
            printf "FROM trunk AS s%d\nRUN make part-%d\n", i, i
        if (stages)
            print "FROM y"
        for (i = 0; i < stages; i++)
            printf "COPY --from=s%d /o /o%d\n", i, i
    }'
}
# COMMAND...: sets $cpu_ms. The command may fail.
measure()
{
    local TIMEFORMAT='%U %S' took
    took=$({ time "$@" >"$tmp/measured" || true; } 2>&1)
    cpu_ms=$(echo "$took" | awk '{ printf "%d", ($1 + $2) * 1000 }')
}
for size in '1000 1000' '10000 0'; do
    # shellcheck disable=SC2086
    staged $size 1 >d1
    # shellcheck disable=SC2086
    staged $size 2 500 >d2
    expect_exit 0 spec2ir -o d1.json d1
    measure spec2ir -o d2.json d2
    limit=$((10 * (cpu_ms > 20 ? cpu_ms : 20)))
    measure spec2ir --diff d1.json d2.json
    [ "$cpu_ms" -lt "$limit" ] || fail "it takes $cpu_ms ms, and not less than $limit ms"
    expect_equal '- d1:3: RUN make 0: env A: "1"
+ d2:3: RUN make 0: env A: "2"
  d2:4: RUN make 1: env A: as above' "$(head -n 3 measured)" "the beginning for $size"
    expect_equal '+ d2:503: RUN inserted: only here' "$(grep 'only here' measured)" "what was put in"
done

subject "standard input and --output"
expect_exit 1 sh -c 'spec2ir --diff -o out.txt - b.json <a.json'
expect_stdout ""
expect_equal '- a/Dockerfile:3: RUN make: env A: "1"' "$(head -n 1 out.txt)" "the first line"

subject "what is no graph can't be compared"
expect_exit 3 spec2ir --diff a.json none.json
expect_stderr 'spec2ir: can'"'"'t open "none.json": No such file or directory'
expect_exit 3 spec2ir --diff a.json a/Dockerfile
expect_stderr 'spec2ir: a/Dockerfile: not JSON: line 1, column 1: expected a value'
expect_exit 2 spec2ir --diff a.json
expect_exit 2 spec2ir --diff - -
