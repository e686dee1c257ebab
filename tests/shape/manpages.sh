#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The options in a program's --help are those in its manual page. In --help they begin a line; in a
# page they are in the line after .TP or .TQ. Sub-commands are documented on the same page.
set -eu
builddir=$PWD
cd "$(dirname "$0")/../.."

# The options that begin the lines of standard input, one a line.
options() {
    awk '{
        for (i = 1; i <= NF && $i ~ /^-/; i++) {
            option = $i
            more = option ~ /,$/
            sub(/[,=[].*/, "", option)
            print option
            # "-o, --output FILE" goes on after the comma; an argument or a description ends it.
            if (!more)
                break
        }
    }' | sort -u
}

bad=0
for program in spec2ir specfmt obexec obkit; do
    page=man/$program.1
    help=$("$builddir/$program" --help | options)
    man=$(awk 'tag { print } { tag = /^\.T[PQ]/ }' "$page" |
        sed 's/\\-/-/g; s/\\ / /g; s/\\f[A-Z]//g; s/^\.[A-Z]* *//; s/"//g; s/ *, */, /g' | options)
    if [ -z "$help" ]; then
        echo "$program --help names no options"
        bad=1
    fi
    for option in $help; do
        printf '%s\n' "$man" | grep -qxe "$option" && continue
        echo "$page: $option is in $program --help, but not here"
        bad=1
    done
    for option in $man; do
        printf '%s\n' "$help" | grep -qxe "$option" && continue
        echo "$page: $option is not in $program --help"
        bad=1
    done
done
exit $bad
