#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which directory may include what; the table is in HACKING.md. Prints FILE:LINE of each #include
# that breaks it.
set -eu
cd "$(dirname "$0")/../.."

# Generated scanners and parsers are covered by what they are made of.
find base ir frontend exec backends -name '*.[chy]' ! -name '*_lex.c' ! -name '*_parse.[ch]' \
    -o -name '*.re' -o -name '*.inc' -o -name '*.def' | sort |
    xargs grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null |
    awk '
BEGIN {
    # Project headers, by what their path begins with.
    may["base"] = "^base/"
    may["ir"] = "^(base|ir)/"
    may["frontend"] = "^(base|ir|frontend)/"
    may["exec"] = "^(base|ir|exec)/"
    may["backends"] = "^(base/|backends/|exec/(store|sandbox|fetch|step_cfg)\\.h$)"
    # Libraries, where each may be used; a header of the system may be used everywhere.
    lib["openssl/"] = "^base/"
    lib["jansson.h"] = "^(frontend|exec|backends)/"
    lib["archive"] = "^(exec|backends)/"
    lib["sqlite3.h"] = "^exec/"
    lib["seccomp.h"] = "^backends/"
    lib["curl/"] = "^backends/"
    # A compiler starts no processes and mounts nothing; obkit.c joins the two programs.
    lib["sys/wait.h"] = "^(base|exec|backends)/"
    lib["sys/mount.h"] = "^(base|exec|backends)/"
    lib["sched.h"] = "^(base|exec|backends)/"
    lib["base/spawn.h"] = "^(base|exec|backends)/|^frontend/obkit\\.c$"
}
function complain(why) {
    print place ": " why
    bad = 1
}
{
    split($0, part, ":")
    file = part[1]
    place = file ":" part[2]
    dir = file
    sub("/.*", "", dir)
    header = $0
    sub(/^[^<"]*[<"]/, "", header)
    sub(/[>"].*/, "", header)

    for (l in lib)
        if (index(header, l) == 1 && file !~ lib[l])
            complain(dir "/ may not use <" header ">")
    if ($0 !~ /"/)
        next
    if (file == "exec/kit.c" && header ~ "^backends/")
        next # the list of backends
    if (header !~ may[dir])
        complain(dir "/ may not include \"" header "\"")
    # A backend may use helpers that backends share and further files of its own, but no other
    # backend.
    if (dir == "backends" && header ~ "^backends/(store|sandbox|fetch)_") {
        stem = file
        sub(/\.[^.]*$/, "", stem)
        sub(/\.h$/, "", header)
        if (index(stem, header) != 1 && index(header, stem) != 1)
            complain(file " may not include another backend")
    }
}
END { exit bad }'
