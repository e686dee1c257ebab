#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The completion of each shell knows the sub-commands and the long options that --help names, and no
# others. In bash it is run, for each sub-command; the files for zsh and fish are read.
set -eu
builddir=$PWD
cd "$(dirname "$0")/../.."
bad=0

# The long options in the text on standard input, one a line.
options() {
    { grep -oE -e '--[a-z][a-z-]*' || true; } | sort -u
}

compare() { # WHAT WANTED FOUND
    for i in $2; do
        printf '%s\n' "$3" | grep -qxe "$i" && continue
        echo "$1 lacks $i"
        bad=1
    done
    for i in $3; do
        printf '%s\n' "$2" | grep -qxe "$i" && continue
        echo "$1 has $i, which --help does not name"
        bad=1
    done
}

complete_in_bash() { # LINE
    bash -c '. completions/obkit.bash
        compopt() { :; }
        COMP_LINE=$1 COMP_POINT=${#1}
        _obkit
        printf "%s\n" "${COMPREPLY[@]}"' - "$1"
}

# In the order in which the usage has them: compile|run|ls|...
commands=$("$builddir/obkit" --help |
    sed -n 's/^ *obkit \([a-z|]*\) .*/build|\1/p' | tr '|' '\n' | sort -u)
[ "$(printf '%s\n' "$commands" | wc -l)" -gt 5 ] || { echo "no commands in obkit --help"; exit 1; }

if command -v bash >/dev/null; then
    compare "bash: obkit" "$commands" "$(complete_in_bash 'obkit ' | grep -v '^-' | sort -u)"
    compare "bash: spec2ir" "$("$builddir/spec2ir" --help | options)" \
        "$(complete_in_bash 'spec2ir --' | options)"
    compare "bash: specfmt" "$("$builddir/specfmt" --help | options)" \
        "$(complete_in_bash 'specfmt --' | options)"
    compare "bash: obexec" "$("$builddir/obexec" --help | options)" \
        "$(complete_in_bash 'obexec --' | options)"
    for i in $commands; do
        case $i in
        build) wanted=$("$builddir/obkit" --help | options) ;;
        fmt) wanted=$("$builddir/specfmt" --help | options) ;;
        compile | convert) wanted=$("$builddir/spec2ir" --help | options) ;;
        stores) wanted=--help ;; # its help is that of all commands that show a store
        *) wanted=$("$builddir/obexec" "$i" --help | options) ;;
        esac
        compare "bash: obkit $i" "$wanted" "$(complete_in_bash "obkit $i --" | options)"
    done
fi

all=$({
    "$builddir/obkit" --help
    "$builddir/spec2ir" --help
    "$builddir/specfmt" --help
    "$builddir/obexec" --help
    for i in $commands; do
        case $i in
        build | compile | convert | fmt | stores) ;;
        *) "$builddir/obexec" "$i" --help ;;
        esac
    done
} | options)
compare completions/_obkit "$all" "$(options <completions/_obkit)"
compare completions/obkit.fish "$all" \
    "$(grep complete completions/obkit.fish | grep -oE -e '-l [a-z-]+' | sed 's/-l /--/' | sort -u)"
compare completions/_obkit "$commands" \
    "$(sed -n "s/^ *'\([a-z]*\):[a-z].*/\1/p" completions/_obkit | sort -u)"
compare completions/obkit.fish "$commands" \
    "$(sed -n 's/^ *__obkit_subcommand \([a-z]*\) .*/\1/p' completions/obkit.fish | sort -u)"
exit $bad
