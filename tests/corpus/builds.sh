#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Dockerfiles of the corpus that build without a network, with a busybox in place of their base
# images: translated to specs, they build the same root filesystems. At least 30 of them.
. "$(dirname "$0")/../e2e/functions.sh"
. "$(dirname "$0")/find.sh"
requires root busybox python3
find_corpus "$top_src" || skip "$why_none"
scratch
at_least=30
"$top_src/tools/make-base-image" busybox "$tmp/image" >/dev/null
tar -xJf "$corpus/dockerfiles.tar.xz" -C "$tmp"

# The files that do not look as if they needed a network or another base, the shortest first.
candidates()
{
    grep -LEwi 'apt|apt-get|apk|yum|dnf|pip|pip3|npm|curl|wget|git|go|cargo|gem|mvn|yarn|opam|zypper|make|useradd|bash|secret' \
        "$tmp"/dockerfiles/*.Dockerfile | xargs grep -lE '^ *(RUN|COPY|ADD|WORKDIR)' | xargs ls -Sr
}

# A line of the report, and no part of the sample.
leave_out()
{
    echo "$1: $2"
    return 1
}

# One that a build can be made of, with all that it names: SHA
build_both()
{
    local file=$tmp/dockerfiles/$1.Dockerfile root=$tmp/context-$1 contexts=() image pins=$tmp/pins
    mkdir -p "$root"
    spec2ir --from=dockerfile -o "$tmp/df.json" "$file" 2>/dev/null || return 1
    python3 "$top_src/tests/corpus/to_spec.py" --context "$tmp/df.json" "$root" >"$tmp/images"
    while read -r image; do
        contexts+=("--build-context=$image=oci-layout://$tmp/image")
    done <"$tmp/images"
    timeout 20 obexec --store="$store" --progress=quiet --network-default=host "${contexts[@]}" "$tmp/df.json" "$root" \
        >"$tmp/df.id" 2>/dev/null </dev/null || return 1
    obexec --store="$store" --resolve "${contexts[@]}" "$tmp/df.json" >"$pins"
    spec2ir --from=dockerfile --to=spec --pin="$pins" --context="$root" -o "$tmp/$1.spec" "$file" \
        2>"$tmp/translate.err" || leave_out "$1" "$(grep -m 1 error: "$tmp/translate.err")" || return 1
    ! grep -qE '(Source|Destination)Assumed' "$tmp/translate.err" ||
        leave_out "$1" "something is assumed" || return 1
    expect_exit 0 spec2ir -o "$tmp/sx.json" "$tmp/$1.spec"
    expect_exit 0 timeout 20 obexec --store="$store" --progress=plain "${contexts[@]}" \
        "$tmp/sx.json" "$root"
    cp "$tmp/out" "$tmp/sx.id"
    with_result "$(cat "$tmp/df.id")" python3 "$top_src/tests/e2e/tree.py" >"$tmp/df.tree" || fail "$1: no tree"
    with_result "$(cat "$tmp/sx.id")" python3 "$top_src/tests/e2e/tree.py" >"$tmp/sx.tree" || fail "$1: no tree"
    if ! diff -u "$tmp/df.tree" "$tmp/sx.tree"; then
        cat "$file" "$tmp/$1.spec"
        fail "$1: the root filesystems differ"
    fi
}

n=0
for path in $(candidates); do
    sha=$(basename "$path" .Dockerfile)
    build_both "$sha" || continue
    n=$((n + 1))
    [ $n -lt "${OBKIT_BUILDS:-$((at_least + 10))}" ] || break
done
echo "$n Dockerfiles and their specs build the same"
[ $n -ge $at_least ] || fail "only $n, not $at_least"
