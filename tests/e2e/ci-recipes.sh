#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The recipes in examples/ci do what they say, as far as they can be run here: the script that all
# CI systems run, the commands of their files, and the pipeline of specs.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
ci=$top_src/examples/ci
mkdir -p "$tmp/repo/ci"
cd "$tmp/repo"
cp "$ci/check-build-files" ci/
printf 'FROM debian\nCOPY main.c /src/\nRUN cc /src/main.c\n' >Dockerfile
printf '((from debian) (copy (src main.c) (dst /src/))\n  (run (shell "cc /src/main.c")))\n' >ci.spec
echo 'int main;' >main.c

subject "what is not formatted is named, and mended"
expect_exit 1 ci/check-build-files
expect_equal "ci.spec:1:1: error: this is not formatted: run ci/check-build-files --update" \
    "$(grep error "$tmp/out")" "the complaint"
expect_exit 0 ci/check-build-files --update
expect_exit 0 ci/check-build-files

subject "translations are kept up to date, both ways"
: >Dockerfile.spec
: >ci.spec.Dockerfile
expect_exit 1 ci/check-build-files
expect_exit 0 ci/check-build-files --update
grep -q '(copy (src main.c) (dst /src/))' Dockerfile.spec || fail "no translation of the Dockerfile"
grep -q '^RUN --network=none cc' ci.spec.Dockerfile || fail "no translation of the spec"
expect_exit 0 ci/check-build-files
echo 'RUN more' >>Dockerfile
expect_exit 1 ci/check-build-files
expect_in_stdout '^Dockerfile.spec:1:1: error: this is not the translation of Dockerfile: run'
expect_exit 0 ci/check-build-files --update

subject "what a translation loses is a warning, once"
printf 'FROM debian\nCMD ["x"]\n' >lossy.Dockerfile
expect_exit 0 ci/check-build-files
if grep CmdLost "$tmp/out"; then fail "a loss without a translation"; fi
: >lossy.Dockerfile.spec
expect_exit 0 ci/check-build-files --update
expect_exit 0 ci/check-build-files
expect_equal 1 "$(grep -c '^lossy.Dockerfile:2:1: warning: CMD is lost.*\[CmdLost\]$' "$tmp/out")" "a loss"
expect_exit 0 env GITHUB_ACTIONS=true ci/check-build-files
expect_in_stdout '^::warning file=lossy.Dockerfile,line=2,col=1::CMD is lost'
sed -i '1a MAINTAINER x' lossy.Dockerfile
run ci/check-build-files
expect_equal 1 "$(grep -c '^lossy.Dockerfile:2:1: warning: .*\[MaintainerDeprecated\]$' "$tmp/out")" \
    "a warning of the compiler"
rm lossy.*

subject "specs of other programs are none"
printf '# RPM\nName: x\n%%build\n' >rpm.spec
printf '# -*- mode: python -*-\na = Analysis(["x.py"])\n' >pyinstaller.spec
: >empty.spec
expect_exit 0 ci/check-build-files
rm rpm.spec pyinstaller.spec empty.spec
for text in '#| a |#\n((from x))' '; a\n((from x))' '\n ((from x)' '#; 1\n((from x)' '\0357\0273\0277((from x)'; do
    printf '%b' "$text" >other.spec
    expect_exit 1 ci/check-build-files
    expect_in_stdout '^other.spec:'
done
rm other.spec

subject "names of files are taken as they are"
for name in ' padded.Dockerfile' 'Dockerfile ' '-o.Dockerfile' 'back\slash.Dockerfile'; do
    echo 'RNU x' >"./$name"
    expect_exit 1 ci/check-build-files
    grep -qFe "$name:1:1: error: " "$tmp/out" || fail "no error in \"$name\""
    rm "./$name"
done

subject "what is copied is looked for beside the file, or in \$CONTEXT"
mkdir svc
printf 'FROM debian\nCOPY y /y\n' >svc/Dockerfile
touch svc/y svc/Dockerfile.spec
expect_exit 0 ci/check-build-files --update
expect_exit 0 ci/check-build-files
expect_exit 1 env CONTEXT=. ci/check-build-files
expect_in_stdout '^svc/Dockerfile:2:1: error: there is no "y" in the context'
rm -r svc

subject "errors have places, which GitHub Actions shows at the lines"
echo 'RNU x' >broken.Dockerfile
expect_exit 1 env GITHUB_ACTIONS=true ci/check-build-files
expect_in_stdout '^::error file=broken.Dockerfile,line=1,col=1::'
rm broken.Dockerfile

subject "the commands of the files for CI systems"
commands()
{
    sed -n -E 's/^( *run:| *-) ((ci|spec2ir).*)$/\2/p' "$1"
}
for file in github-actions.yml gitlab-ci.yml; do
    commands "$ci/$file" >"$tmp/commands"
    expect_equal 2 "$(wc -l <"$tmp/commands")" "the commands in $file"
    expect_exit 0 sh -e "$tmp/commands"
    grep -q '"rule":"BaseAssumed"' losses.json || fail "$file: no losses"
    rm losses.json
done

subject "a pipeline of specs is one graph, and leaves Dockerfiles"
cat >"$tmp/base/bin/opam" <<'END'
#!/bin/sh
echo "$PWD $*"
END
chmod 755 "$tmp/base/bin/opam"
expect_exit 0 "$ci/ocaml-ci/pipeline" "$tmp/repo" "$tmp/artifacts" --store="$store" \
    --build-context=ocaml/opam:debian-12-ocaml-5.2=dir:"$tmp/base"
expect_in_stderr '^steps: 8 compiled, 5 left'
expect_in_stderr '/src exec -- dune build @doc$'
for name in build doc; do
    expect_exit 0 spec2ir "$tmp/artifacts/$name.Dockerfile"
    expect_equal '[]' "$(cat "$tmp/artifacts/$name.losses.json")" "losses of $name"
done
