#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What our sources do not contain: calls that cannot be used safely or depend on a locale, and
# notes about work that is not done.
set -eu
cd "$(dirname "$0")/../.."
self=tests/shape/forbidden.sh
bad=0

# search WHY PATTERN FILE-NAME-PATTERN…
search() {
    why=$1 pattern=$2
    shift 2
    names=
    for name; do
        names="$names${names:+ -o }-name $name"
    done
    set -f
    # shellcheck disable=SC2086 # words
    found=$(find base ir frontend exec backends tests man tools examples -type f \( $names \) \
        ! -name '*_lex.c' ! -name '*_parse.[ch]' ! -path $self |
        sort | xargs grep -nE "$pattern" /dev/null) || true
    set +f
    if [ -n "$found" ]; then
        printf '%s\n' "$found" | sed "s/^\([^:]*:[0-9]*\):/\1: $why: /"
        bad=1
    fi
}

calls='strcpy|stpcpy|strcat|v?sprintf|strtok|strtok_r|gets|alloca|system|popen|setlocale'
# "gets(3)" in a comment is the manual page.
search "forbidden call" "(^|[^A-Za-z0-9_])($calls)\\(([^1-8]|[1-8][^)]|\$)" '*.c' '*.h' '*.re' '*.y'
search "forbidden header" '# *include *<(ctype|wctype|alloca)\.h>' '*.c' '*.h' '*.re' '*.y'
search "unfinished" '(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)' \
    '*.c' '*.h' '*.re' '*.y' '*.sh' '*.mk' '*.[1-8]'
exit $bad
