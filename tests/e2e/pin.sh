#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What obexec --resolve says of base images makes a graph that depends on nothing else: values are
# known, images are named by their digests, and their triggers run.
# shellcheck disable=SC2016 # what is not expanded here is the step's to expand
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"
printf 'root:x:0:0:root:/root:/bin/sh\nbuild:x:70:71:Builder:/:/bin/sh\n' >base/etc/passwd
printf 'root:x:0:\nbuild:x:71:\n' >base/etc/group

compile()
{
    expect_exit 0 spec2ir --platform=linux/amd64 "$@" context/Dockerfile
}

# Runs obexec on a store of this name: on NAME [ARGUMENT...]
on()
{
    local name=$1
    shift
    run obexec --store=copy:"$tmp/$name" --progress=plain \
        --build-context=image=oci-layout://"$tmp/layout" "$@"
}

on_ok()
{
    on "$@"
    [ "$status" = 0 ] && return
    show_run
    fail "\"obexec $*\" ended with status $status"
}

# Compiles to unpinned.json, makes bases.json of it, and compiles with that to pinned.json.
pin()
{
    compile -o unpinned.json
    on_ok resolving --resolve unpinned.json
    cp out bases.json
    compile --pin=bases.json -o pinned.json
}

# A member of the only image in bases.json, as JSON: resolved MEMBER
resolved()
{
    python3 -c 'import json, sys
bases = json.load(open("bases.json"))["bases"]
assert len(bases) == 1, bases
print(json.dumps(bases[0][sys.argv[1]]))' "$1"
}

# The files of a store's result: tree NAME ID
tree()
{
    (cd "$tmp/$1/result/$2/fs" && find . -mindepth 1 -printf '%p %y %m %U:%G %l ' \
        \( -type f -exec sha256sum {} \; -o -printf '\n' \) | sort)
}

expect_no_results()
{
    expect_exit 0 obexec ls --store=copy:"$tmp/$1"
    expect_stdout ""
    expect_equal "" "$(ls "$tmp/$1/tmp")" "what is half-built"
}

subject "--resolve says what an image is, once, and builds nothing"
make_image '{"Env":["PATH=/opt/bin:/bin","X=base"],"User":"build","WorkingDir":"/srv",
    "Shell":["/bin/sh","-e","-c"],
    "OnBuild":["RUN echo \"$X,$PWD,$(id -u)\"; case $- in *e*) echo with-e; esac",
        "COPY f g /got/","ENV Z=${X}z"]}'
echo one >context/f
echo two >context/g
dockerfile <<'END'
FROM image AS first
FROM image
COPY --from=first /got/f /first
ENV PATH=$PATH:/x Y=${X#b}
WORKDIR ${X}
RUN echo "$PATH,$X,$Y,$Z,$PWD,$(id -u)"; cat /got/f /got/g /first
END
pin
digest=$(sed -n 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/p' layout/index.json)
expect_equal '"image"' "$(resolved image)" "the name"
expect_equal '"linux/amd64"' "$(resolved platform)" "the platform"
expect_equal "\"$digest\"" "$(resolved digest)" "the digest"
expect_equal '["PATH=/opt/bin:/bin", "X=base"]' "$(resolved env)" "the environment"
expect_equal '"build"' "$(resolved user)" "the user"
expect_equal '"/srv"' "$(resolved workdir)" "the directory"
expect_equal '["/bin/sh", "-e", "-c"]' "$(resolved shell)" "the shell"
expect_equal '"COPY f g /got/"' "$(resolved onbuild | sed 's/.*\("COPY[^"]*"\).*/\1/')" "a trigger"
expect_no_results resolving

subject "the pinned graph has digests, and nothing late"
grep -q '"late"' unpinned.json || fail "nothing is late without --pin"
grep '"late"' pinned.json && fail "something is late with --pin"
grep -q "\"image\":\"image@sha256:$digest\"" pinned.json || fail "the image is not pinned"
compile --pin=<(cat bases.json)
cmp out pinned.json

subject "an image with triggers is refused, and when it is pinned they run"
on store unpinned.json context
expect_equal 3 "$status" "the exit status"
expect_in_stderr 'image "image" has ONBUILD triggers, which only spec2ir --pin can run'
on_ok store pinned.json context
expect_output $'base,/srv,70\nwith-e\n/opt/bin:/bin:/x,base,ase,basez,/srv/base,70\none\ntwo\none'

subject "the cache does not ask who has put in a value: the compiler or obexec"
make_image '{"Env":["PATH=/opt/bin:/bin","X=base"],"User":"build","WorkingDir":"/srv"}'
dockerfile <<'END'
FROM image
ENV PATH=$PATH:/x Y=${X#b}
WORKDIR sub
COPY --chown=${NOBODY} f .
RUN echo "$PATH,$Y,$PWD,$(id -u)"
END
pin
grep -q '"late"' unpinned.json || fail "nothing is late without --pin"
on_ok shared unpinned.json context
expect_counts 0 4
expect_output '/opt/bin:/bin:/x,ase,/srv/sub,70'
unpinned=$(cat out)
on_ok shared pinned.json context
expect_counts 4 0
expect_equal "$unpinned" "$(cat out)" "the result"

subject "a stage on a stage does not run them again"
make_image '{"Env":["PATH=/opt/bin:/bin","X=base"],"User":"build","WorkingDir":"/srv",
    "Shell":["/bin/sh","-e","-c"],
    "OnBuild":["RUN echo \"$X,$PWD,$(id -u)\"; case $- in *e*) echo with-e; esac",
        "COPY f g /got/","ENV Z=${X}z"]}'
digest=$(sed -n 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/p' layout/index.json)
printf 'FROM image AS a\nFROM a\nRUN echo last\n' | dockerfile
pin
on_ok twice pinned.json context
expect_output $'base,/srv,70\nwith-e\nlast'

subject "the pinned graph is for this image only"
make_image '{"Env":["PATH=/bin"]}'
other=$(sed -n 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/p' layout/index.json)
expect_different "$digest" "$other" "the digest"
on empty pinned.json context
expect_equal 3 "$status" "the exit status"
expect_in_stderr "\"image@sha256:$digest\" is now the one with digest sha256:$other\$"
expect_not_in_stderr '\[1/'
expect_no_results empty

subject "a store that has it goes on with it"
on_ok twice pinned.json context
expect_counts 4 0
expect_exit 0 obexec --store=copy:"$tmp/twice" --progress=plain pinned.json context
expect_counts 4 0

subject "a trigger that is wrong is shown"
make_image '{"OnBuild":["RUN true","COPY"]}'
printf 'FROM image\n' | dockerfile
compile -o unpinned.json
on_ok resolving --resolve unpinned.json
cp out bases.json
expect_exit 1 spec2ir --platform=linux/amd64 --pin=bases.json context/Dockerfile
expect_in_stderr '^image \(ONBUILD\):1:5: error: COPY is not complete'
expect_stdout ""

# The same build with and without --pin, of an image with this configuration.
same()
{
    local unpinned
    make_image "$1"
    pin
    on_ok unpinned unpinned.json context
    unpinned=$(cat out)
    output >unpinned.output
    on_ok pinned pinned.json context
    expect_output "$(cat unpinned.output)"
    expect_equal "$(tree unpinned "$unpinned")" "$(tree pinned "$(cat out)")" "the tree"
}

subject "without triggers a pinned build gives what an unpinned one gives"
dockerfile <<'END'
FROM image
ENV A=$PATH:/x B=${X-unset} C=${X:-empty} D=${X+set} E=${V%.*}
COPY f sub/
COPY --chown=${U:-7}:8 f /etc/$X/
WORKDIR sub
RUN pwd; id -u; echo "$PATH,$A,$B,$C,$D,$E"
USER root
COPY <<TEXT /$X/heredoc
$V
TEXT
RUN cat /$X/heredoc
END
same '{"Env":["PATH=/bin"]}'
same '{"Env":["PATH=/bin","X=","V=v1.2"],"User":"build"}'
same '{"Env":["PATH=/bin","X=x","U=70"],"User":"70:71","WorkingDir":"/srv"}'
same '{"Env":["PATH=/bin","X=/one/two"],"WorkingDir":"/srv/opt/","Shell":["/bin/sh","-e","-c"]}'

# --pin with this text is refused: refused STATUS REGEXP TEXT
refused()
{
    printf '%s\n' "$3" >bases.json
    expect_exit "$1" spec2ir --pin=bases.json context/Dockerfile
    expect_in_stderr "$2"
    expect_stdout ""
}

subject "a file that does not say it"
expect_exit 3 spec2ir --pin=none.json context/Dockerfile
expect_stderr 'spec2ir: can'\''t open "none.json": there is no such file'
refused 3 '^spec2ir: "bases.json" is not JSON: line 2, column 0: ' ''
refused 3 '^spec2ir: "bases.json" is not JSON: line 2, column 0: ' '{"bases":[{"image":"image"'
refused 3 '^spec2ir: "bases.json": \$\.bases: expected a list' '{}'
refused 3 '^spec2ir: "bases.json": \$\.bases\[0\]\.digest: is missing, or not what obexec' \
    '{"bases":[{"image":"image","platform":""}]}'
refused 3 '^spec2ir: "bases.json": \$\.bases\[0\]\.digest: is missing, or not what obexec' \
    '{"bases":[{"image":"image","platform":"","digest":"12","env":[],"onbuild":[],"user":"",
    "workdir":""}]}'
refused 1 '^context/Dockerfile:1:6: error: --pin does not know the image "image"$' '{"bases":[]}'
refused 1 '^context/Dockerfile:1:6: error: --pin does not know the image "image"$' \
    "{\"bases\":[{\"image\":\"image\",\"platform\":\"linux/arm64\",\"digest\":\"$digest\",
    \"env\":[],\"user\":\"\",\"workdir\":\"\",\"onbuild\":[]}]}"

subject "an image that --resolve can't find"
run obexec --store=copy:"$tmp/empty" --resolve \
    --build-context=image=oci-layout://"$tmp/none" unpinned.json
expect_different 0 "$status" "the exit status"
expect_in_stderr 'base image "image": can.t open ".*/none": No such file or directory$'
expect_stdout ""
