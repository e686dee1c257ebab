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
