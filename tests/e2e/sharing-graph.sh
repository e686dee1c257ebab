#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What several files or stages have in common stands once in the graph and is built once.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"

# Steps of a kind in an IR.
steps()
{
    grep -o "\"kind\": *\"$1\"" "$2" | wc -l
}

# Runs an IR and shows what its steps printed.
run_ir()
{
    expect_exit 0 obexec --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
        "$@"
}

cat >one.spec <<'END'
((from busybox) (env A 1) (run (shell "echo common")) (run (shell "echo first")))
END
cat >two.spec <<'END'
; the same beginning, in other words
((from "busybox")
 (env "A" "1")
 (run (shell "echo common"))
 (run (shell "echo second")))
END
subject "two specs with the same beginning are one graph in which it stands once"
expect_exit 0 spec2ir --explain -o two.ir one.spec two.spec
expect_in_stderr '^share: '
expect_equal 1 "$(steps from two.ir)" "the number of from steps"
expect_equal 3 "$(steps run two.ir)" "the number of run steps"
run_ir two.ir
expect_counts 0 4
expect_equal 1 "$(output | grep -c common)" "how often the common step ran"
expect_equal 2 "$(wc -l <out)" "the number of results printed"
results=$(cut -d ' ' -f 1 <out)

subject "-O0 keeps every step, with the same ids"
expect_exit 0 spec2ir -O0 --explain -o all.ir one.spec two.spec
expect_not_in_stderr '^share: '
expect_equal 2 "$(steps from all.ir)" "the number of from steps"
expect_equal 4 "$(steps run all.ir)" "the number of run steps"
ids()
{
    grep -o '"id": *"[0-9a-f]*"' "$1" | sort -u
}
expect_equal "$(ids two.ir)" "$(ids all.ir)" "the set of ids"
run_ir all.ir
expect_equal "$results" "$(cut -d ' ' -f 1 <out)" "the result of -O0"
expect_counts 6 0

subject "-O0 builds what stands twice once"
store=overlayfs:$tmp/fresh
run_ir -j 4 all.ir
expect_equal 1 "$(output | grep -c common)" "how often the common step ran"
expect_equal "$results" "$(cut -d ' ' -f 1 <out)" "the result of -O0"

subject "two Dockerfiles, and a Dockerfile and a spec"
printf 'FROM busybox\nSHELL ["/bin/sh", "-c"]\nRUN echo common\nRUN echo first\n' >One
printf 'FROM busybox\nSHELL ["/bin/sh", "-c"]\nRUN echo common\nRUN echo second\n' >Two
expect_exit 0 spec2ir -o files.ir One Two
expect_equal "1 3" "$(steps from files.ir) $(steps run files.ir)" "the number of steps"
expect_exit 0 spec2ir -O2 --explain --stats -o files.ir One Two
expect_stderr 'share: One:1 and Two:1 are the same step: FROM busybox
share: One:3 and Two:3 are the same step: RUN echo common
steps: 6 compiled, 4 left after -O2; stages: 2; targets: 2
reach: 6 steps
fold: 6 steps
share: 6 -> 4 steps, 2 of them common to 2 files and 2 stages
drop-noops: 4 steps
merge-copies: 4 steps
share: 4 steps
One: 3 steps
Two: 3 steps, 2 of them in other files too'
cat >mixed.spec <<'END'
((from busybox) (shell /bin/sh -c) (run (shell "echo common")) (run (shell "echo third")))
END
expect_exit 0 spec2ir -o mixed.ir One mixed.spec
expect_equal 1 "$(steps from mixed.ir)" "the number of from steps"
run_ir mixed.ir
expect_equal 2 "$(wc -l <out)" "the number of results printed"

subject "identical stages build once; a stage that no target needs is dropped, and -O0 keeps it"
cat >Stages <<'END'
FROM busybox AS a
RUN echo same >/f; echo building
FROM busybox AS b
RUN echo same >/f; echo building
FROM busybox AS unused
RUN false
FROM busybox
COPY --from=a /f /a
COPY --from=b /f /b
END
expect_exit 0 spec2ir --explain -o stages.ir Stages
expect_in_stderr '^reach: '
expect_equal 1 "$(steps run stages.ir)" "the number of run steps"
run_ir stages.ir
expect_equal 1 "$(output | grep -c building)" "how often the same stage was built"
expect_exit 0 spec2ir -O0 -o stages.ir Stages
expect_equal 3 "$(steps run stages.ir)" "the number of run steps"
run_ir stages.ir

subject "--target builds one stage"
expect_exit 0 spec2ir --target=b -o b.ir Stages
expect_equal "1 0" "$(steps run b.ir) $(steps copy b.ir)" "the number of steps"
