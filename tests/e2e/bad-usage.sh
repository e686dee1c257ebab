#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Wrong options and arguments: one line that names them, one that names --help, and status 2.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
cd "$tmp"

# MESSAGE COMMAND...
wrong()
{
    local want=$1
    shift
    expect_exit 2 "$@"
    expect_equal "$want" "$(head -n 1 err)" "the message"
    sed -n 2p err | grep -Eqx "Try '$1( [a-z]+)? --help'\\." || {
        show_run
        fail "no word about --help"
    }
    expect_equal 2 "$(wc -l <err)" "the number of lines"
    expect_stdout ""
}

wrong "spec2ir: unrecognized option '--nope'" spec2ir --nope
wrong "specfmt: unrecognized option '--nope'" specfmt --nope
wrong 'specfmt: --from takes auto, dockerfile or spec, not "x"' specfmt --from=x f
wrong 'specfmt: of --check, --diff and --write one can be given' specfmt -w --check f
wrong "obexec: unrecognized option '--nope'" obexec --nope
wrong "obexec: unrecognized option '--nope'" obexec run --nope
wrong "obkit: unrecognized option '--nope'" obkit build --nope .
wrong "obexec: unrecognized option '--nope'" obexec ls --nope
wrong "obexec: unrecognized option '--nope'" obexec healthcheck --nope
wrong "obexec: option '--store' requires an argument" obexec --store
wrong 'spec2ir: there is -O0, -O1 and -O2, not -O3' spec2ir -O3 f
: >f
: >f.spec
wrong 'spec2ir: --to takes ir, dot, ast, dockerfile, spec or other, not "x"' spec2ir --to=x f
wrong "spec2ir: a translation takes one file, not 2" spec2ir --to=spec f f
for option in --buildkit --escape=unix --context=. --passwd=f --group=f --exact --loss --loss=f; do
    wrong "spec2ir: ${option%%=*} needs --to=spec, dockerfile or other" spec2ir "$option" f
    wrong "spec2ir: ${option%%=*} needs --to=spec, dockerfile or other" spec2ir --to=dot "$option" f
    wrong "spec2ir: ${option%%=*} needs --to=spec, dockerfile or other" spec2ir "$option" --to=ast f
done
for option in -O2 --explain --stats; do
    wrong "spec2ir: ${option%2} needs --to=ir or dot" spec2ir --to=ast "$option" f
    wrong "spec2ir: ${option%2} needs --to=ir or dot" spec2ir "$option" --to=dockerfile f
    wrong "spec2ir: ${option%2} needs --to=ir or dot" spec2ir --to=spec "$option" f
    wrong "spec2ir: --diff takes no ${option%2}" spec2ir --diff "$option" f f
done
for option in --from=spec --to=ir --to=dot --target=x --build-arg=x=y --platform=linux/amd64 \
    --build-context=a=b --pin=f --strict --buildkit --loss; do
    wrong "spec2ir: --diff takes no ${option%%=*}" spec2ir "$option" --diff f f
done
wrong 'spec2ir: --diff takes two files, not 1' spec2ir --diff f
wrong 'spec2ir: --escape takes unix or windows, not "x"' spec2ir --escape=x f
wrong "spec2ir: a translation takes one file, not 2" spec2ir --to=dockerfile f f
wrong 'spec2ir: --from takes auto, dockerfile or spec, not "x"' spec2ir --from=x f
wrong 'obexec: an IR file is missing' obexec
wrong 'obexec: "c" is one argument too many' obexec a b c
for jobs in 0 x 1025 -1 ''; do
    wrong "obexec: --jobs takes a number from 1 to 1024, not \"$jobs\"" obexec --jobs="$jobs" ir
done
wrong 'obexec: --progress takes auto, tty, plain, json or quiet, not "x"' obexec --progress=x ir
wrong 'obexec: --build-context takes NAME=REF, not "x"' obexec --build-context=x ir
wrong 'obexec: --network-default takes auto, private, none or host, not "x"' obexec --network-default=x ir

subject "numbers that the kernel would not take as they are"
cpus='a number of processors from 0.01 to 8192, such as 1.5'
memory='a size from 64k to 7e, such as 512m'
for n in 0 0.009 8192.001 18446744073709551.615 x; do
    wrong "obexec: --cpus takes $cpus, not \"$n\"" obexec --cpus="$n" ir
done
for n in 0 65535 8e 18446744073709551615 16e; do
    wrong "obexec: --memory takes $memory, not \"$n\"" obexec --memory="$n" ir
done
for n in 0 4194304 18446744073709551615 18446744073709551616 -1; do
    wrong "obexec: --pids takes a number of processes from 1 to 4194303, not \"$n\"" \
        obexec --pids="$n" ir
done

subject "an empty value, as an unset variable gives, is never left out"
# MESSAGE OPTION...: through obkit, which hands them on
wrong_handed_on()
{
    local want=$1
    shift
    expect_exit 2 obkit build "$@" context
    expect_equal "$want" "$(head -n 1 err)" "the message for $*"
}
# OPTION WHAT-IT-TAKES
empty()
{
    wrong "obexec: --$1 takes $2, not \"\"" obexec --"$1"= ir
    wrong_handed_on "obexec: --$1 takes $2, not \"\"" --"$1"=
}
echo 'FROM busybox' >context/Dockerfile
empty allow security.insecure
empty cpus "$cpus"
empty grace 'a time, such as 5s'
empty jobs 'a number from 1 to 1024'
empty memory "$memory"
empty min-free 'a size or a percentage, such as 10g or 15%'
empty network-default 'auto, private, none or host'
empty on-error 'stop or shell'
empty output type=TYPE,dest=PATH
empty pids 'a number of processes from 1 to 4194303'
empty progress 'auto, tty, plain, json or quiet'
empty sandbox 'a kind of sandbox'
empty secret 'id=ID, and src=FILE or env=NAME'
empty ssh 'ID or ID=SOCKET'
empty step-timeout 'a time, such as 10m'
empty store KIND:PATH
empty tag 'a name'
empty timeout 'a time, such as 1h30m'
empty trace 'a file'
wrong_handed_on 'obexec: --output takes type=TYPE,dest=PATH, not ""' -o '' --store=copy:x
wrong_handed_on 'obexec: --tag takes a name, not ""' -t ''
wrong_handed_on 'obexec: --jobs takes a number from 1 to 1024, not ""' -j ''
wrong_handed_on 'spec2ir: --target takes a stage, not ""' --target=
wrong 'obexec: --ssh takes ID or ID=SOCKET, not "a="' obexec --ssh=a= ir
wrong 'obexec: --target takes a stage, not ""' obexec --target= ir
wrong 'spec2ir: --target takes a stage, not ""' spec2ir --target= f
wrong 'obexec: the context is empty' obexec ir ''
wrong 'obexec: healthcheck: --sandbox takes a kind of sandbox, not ""' obexec healthcheck --sandbox=
for option in build-context= build-context=a= build-context==b; do
    wrong "obexec: --build-context takes NAME=REF, not \"${option#*=}\"" obexec --$option ir
    wrong "spec2ir: --build-context takes NAME=REF, not \"${option#*=}\"" spec2ir --$option f
done
expect_exit 2 obexec ls --store=
expect_equal 'Dockerfile' "$(ls context)" "what is in the context"
wrong 'obkit: a command is missing' obkit
wrong 'obkit: unknown command "nope"' obkit nope
wrong "obexec: the IR and the context can't both be standard input" obexec - -
wrong 'obkit: build: the context directory is missing' obkit build
wrong 'obkit: build: the context is empty' obkit build ''
wrong 'obkit: build: a context on standard input needs --file=FILE, which is not in it' obkit build -
wrong 'obkit: build: "b" is one argument too many' obkit build a b
wrong 'obexec: log: an id is missing' obexec log
wrong 'obexec: ls: "x" is one argument too many' obexec ls x

subject "every program and command has --help, on standard output"
for command in spec2ir specfmt obexec obkit 'obexec run' 'obexec ls' 'obexec log' 'obexec delete' \
    'obexec clean' 'obexec healthcheck' 'obexec stores' 'obkit build' 'obkit compile' 'obkit convert' 'obkit fmt' \
    'obkit run' 'obkit ls' 'obkit log' 'obkit delete' 'obkit clean' 'obkit healthcheck' 'obkit stores'; do
    # shellcheck disable=SC2086
    expect_exit 0 $command --help
    grep -q '^Usage: ' out || fail "$command --help prints no usage"
    expect_stderr ""
done
for command in spec2ir specfmt obexec obkit; do
    expect_exit 0 $command --version
    grep -q "^$command (obkit) [0-9]" out || fail "$command --version"
    run bash -c "$command --help >/dev/full"
    expect_equal 3 "$status" "the exit status with standard output full"
done
