#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is wrong with a file is said in one line, with its place, and the exit status is 1.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"

# TEXT FIRST-LINE: spec2ir on a file of this text.
wrong()
{
    printf '%b' "$1" >f
    expect_exit 1 spec2ir f
    expect_equal "$2" "$(head -n 1 err)" "the message"
    expect_stdout ""
}

subject "files that are not text, or nothing"
wrong 'FROM a\n\0\n' 'f:2:1: error: NUL byte: this is not a text file'
head -c 3000 /bin/busybox >f
expect_exit 1 spec2ir f
expect_in_stderr '^f:1:[0-9]+: error: .*not a text file$'
expect_exit 1 spec2ir --from=spec f
expect_in_stderr '^f:1:[0-9]+: error: .*not a text file$'
wrong '' 'f:1:1: error: the Dockerfile has no instructions'
: >f
expect_exit 1 spec2ir --from=spec f
expect_in_stderr '^f:1:1: error: no spec in this file, expected \(\(from IMAGE\) OPERATION\.\.\.\)$'

subject "files that can not be read are the environment's fault"
expect_exit 3 spec2ir none
expect_stderr 'spec2ir: can'"'"'t open "none": No such file or directory'
expect_exit 3 spec2ir "$(printf 'a\033[2J\302\233b')"
expect_stderr "$(printf 'spec2ir: can'"'"'t open "a\357\277\275[2J\357\277\275b": No such file or directory')"
mkdir dir
expect_exit 3 spec2ir dir
expect_stderr 'spec2ir: can'"'"'t read "dir": read: Is a directory'
printf 'FROM a\n' >f
expect_exit 3 spec2ir -o none/x f
expect_stderr 'spec2ir: can'"'"'t open "none/x": No such file or directory'
expect_exit 3 spec2ir -o /dev/full f
expect_stderr 'spec2ir: can'"'"'t write "/dev/full": write: No space left on device'

subject "mistakes in specs and Dockerfiles"
wrong '((from a) (run (shell x))' 'f:1:1: error: this "(" is never closed'
wrong '((from a) (rum (shell x)))' 'f:1:12: error: unknown operation "rum"'
wrong 'FROM a\nRUM x\n' 'f:2:1: error: unknown instruction "RUM"'
printf 'FROM a\n' >f
expect_exit 1 spec2ir --target=nope f
expect_in_stderr '^f:1:6: error: there is no stage "nope" to build$'

subject "several mistakes are reported in one run"
printf 'FROM a\nRUM x\nCOPY a\nUSER\n' >f
expect_exit 1 spec2ir f
expect_equal 3 "$(grep -c ': error: ' err)" "the number of errors"

# TEXT MESSAGE: obexec on an IR of this text.
wrong_ir()
{
    printf '%s' "$1" >ir
    expect_exit 1 obexec --store="$store" ir context
    expect_stderr "obexec: $2"
    expect_stdout ""
}

subject "what does not compile is not printed either"
printf 'FROM alpine\nSTOPSIGNAL SIGFOO\n' >f
expect_exit 1 spec2ir --to=dockerfile f
expect_stdout ""
expect_in_stderr '^f:2:12: error: unknown signal "SIGFOO"$'
printf 'FROM alpine\nRUN x\n' >f
expect_exit 1 spec2ir --to=dockerfile --target=nope f
expect_stdout ""
expect_in_stderr ': error: there is no stage "nope" to build$'
printf 'FROM alpine\nCMD [ "a" "b" ]\n' >f
expect_exit 0 spec2ir --to=dockerfile f
expect_stdout "$(printf 'FROM alpine\nCMD [ "a" "b" ]')"
expect_equal 1 "$(grep -c ExecFormFallback err)" "warnings of a file that is read twice"

subject "documents that are no IR"
wrong_ir '' 'ir is empty: no IR came'
wrong_ir 'hello' 'ir: not JSON: line 1, column 1: expected a value'
wrong_ir '{' 'ir: not JSON: line 1, column 2: expected a string'
wrong_ir '{"obir":1,"needs":["late","run.gpu"],"gpus":[]}' \
    'ir: $.needs[1]: this document needs "run.gpu", which this obkit does not know'
wrong_ir '{"obir":99,"sources":[],"steps":[],"stages":[],"targets":[]}' \
    'ir: $.obir: this obkit reads version 1 only'
expect_exit 3 obexec --store="$store" none
expect_stderr 'obexec: can'"'"'t open "none": No such file or directory'
expect_exit 3 obexec --store="$store" dir
expect_stderr 'obexec: can'"'"'t read "dir": read: Is a directory'

subject "an IR that was changed: another value under the same id, a key that is not known"
printf 'FROM scratch\nWORKDIR /a\n' >f
spec2ir -o good f
hash='[0-9a-f]{64}'
sed 's|"path":"/a"|"path":"/b"|' good >ir
expect_exit 1 obexec --store="$store" ir
expect_in_stderr "^obexec: ir: \\$\\.steps\\[1\\]\\.id: the step hashes to $hash\$"
expect_equal 1 "$(wc -l <err)" "the number of lines"
sed 's|"path":"/a"|"path":"/a","new":1|' good >ir
expect_exit 1 obexec --store="$store" ir
expect_in_stderr '^obexec: ir: \$\.steps\[1\]\.op: unknown key "new"$'
expect_equal 1 "$(wc -l <err)" "the number of lines"
[ ! -e "$tmp/store/result" ] || [ -z "$(ls "$tmp/store/result")" ] || fail "something was built"

subject "contexts and stages that are not there"
printf 'FROM scratch\nCOPY none /\n' >context/Dockerfile
spec2ir -o ir context/Dockerfile
expect_exit 1 obexec --store="$store" ir
expect_stderr 'obexec: the build copies files from a context: give its directory'
expect_exit 1 obexec --store="$store" ir none
expect_stderr 'obexec: can'"'"'t open context "none": No such file or directory'
expect_exit 1 obexec --store="$store" ir ir
expect_stderr 'obexec: context "ir": neither a directory nor a tar archive'
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr '^\[2/2\] COPY none /$'
expect_in_stderr '^\[2/2\] failed after [0-9.]+s: "none" is not there$'
expect_exit 1 obexec --store="$store" --target=nope ir context
expect_stderr 'obexec: no stage "nope" in the IR (spec2ir -O0 keeps all of them)'

subject "obkit hands on what spec2ir says, and obexec does nothing"
printf 'FROM a\nRUM x\n' >context/Dockerfile
store=overlayfs:$tmp/untouched
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr '^.*/Dockerfile:2:1: error: unknown instruction "RUM"$'
[ ! -e "$tmp/untouched" ] || fail "a store was made"
rm context/Dockerfile
build
expect_equal 3 "$status" "the exit status"
expect_stderr "spec2ir: can't open \"$tmp/context/Dockerfile\": No such file or directory"
