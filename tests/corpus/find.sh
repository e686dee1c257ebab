# shellcheck shell=sh disable=SC2034 # what is set here is used in the scripts
# SPDX-License-Identifier: Apache-2.0
# Where the corpus is: a directory with `compare`, `dockerfiles.tar.xz` and `specs.tar.xz`, which is
# no part of these sources. It is named in $OBKIT_CORPUS, or is a directory `corpus` in a sibling of
# the directory of the sources.

is_corpus() {
    [ -f "$1/compare" ] && [ -f "$1/dockerfiles.tar.xz" ] && [ -f "$1/specs.tar.xz" ]
}

# find_corpus SOURCES: sets $corpus. False if there is none, and then $why_none says why.
find_corpus() {
    corpus=${OBKIT_CORPUS-}
    if [ -n "$corpus" ]; then
        is_corpus "$corpus" && return
        echo "no corpus in OBKIT_CORPUS=$corpus" >&2
        exit 99
    fi
    why_none="there is no corpus: name its directory in OBKIT_CORPUS"
    for corpus in "$1"/../*/corpus; do
        is_corpus "$corpus" || continue
        why_none="xz is not installed"
        command -v xz >/dev/null
        return
    done
    return 1
}
