#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures obkit against the kernel's floor in the same run, and prints a table. Usage:
#
#     run.sh BUILDDIR [DIR]
#
# DIR is where stores are made; without it, a tmpfs of our own in a private mount namespace. Times
# are medians. Needs root, as the floor and the native sandbox do.
set -euo pipefail

build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -lt 2 ]; then
    exec unshare --mount --propagation private bash -c '
        dir=$(mktemp -d) && mount -t tmpfs tmpfs "$dir" && bash "$0" "$1" "$dir"
        status=$?; umount -l "$dir"; rmdir "$dir"; exit $status' "$0" "$build"
fi
dir=$2
export OMP_NUM_THREADS=1 LC_ALL=C
timed=$build/tests/bench/timed
steps=40

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

row() { # what, value, unit, reference, aim
    printf '%-52s %9s %-4s %10s   %s\n' "$@"
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }
ms() { awk -v us="$1" 'BEGIN {printf "%.2f", us / 1000}'; }

verdicts=0
aim() { # value, limit: "ok" or "MISSED"
    if awk -v v="$1" -v l="$2" 'BEGIN {exit !(v <= l)}'; then echo ok; else
        echo MISSED
        verdicts=1
    fi
}

# A base image with one static binary.
mkdir -p "$dir/base/bin" "$dir/context"
cp "$build/tests/bench/true-static" "$dir/base/bin/true"
image=--build-context=base=dir:$dir/base
store=--store=overlayfs:$dir/store
# The floor has an empty network namespace too; a network that leads somewhere has its own row.
net=--network-default=none

obexec() { "$build/obexec" "$store" "$image" --progress=quiet "$net" "$@" >/dev/null; }

trivial_spec() { # steps, seed
    awk -v n="$1" -v seed="$2" 'BEGIN {
        print "FROM base"
        for (i = 0; i < n; i++) printf "RUN [\"/bin/true\", \"%s-%d\"]\n", seed, i
    }'
}

# Microseconds that each of $steps trivial steps takes in a store: STORE-OPTION SEED
step_us() {
    local i us
    us=$(for i in 1 2 3 4 5 6 7; do
        trivial_spec $steps "$2-$i" >"$dir/d" && "$build/spec2ir" --from=dockerfile -o "$dir/$i.json" "$dir/d"
        "$timed" "$build/obexec" "$1" "$image" --progress=quiet "$net" -j1 "$dir/$i.json"
    done | median)
    echo $(((us - $("$timed" -n 20 "$build/obexec" "$1" "$image" --progress=quiet "$dir/0.json")) / steps))
}

bench_step() {
    local floor spawn us
    { read -r _ spawn; read -r _ floor; } < <("$build/tests/bench/floor" -n 200 "$dir")
    row "spawn and wait of a static program" "$spawn" us "" ""
    row "floor: namespaces, overlay, exec, wait" "$floor" us "1.00" ""
    trivial_spec 0 x >"$dir/empty" && "$build/spec2ir" --from=dockerfile -o "$dir/0.json" "$dir/empty"
    obexec "$dir/0.json"
    us=$(step_us "$store" x)
    row "trivial step, uncached, overlayfs + native" "$us" us "$(ratio "$us" "$floor")" \
        "at most 3 x the floor: $(aim "$us" $((3 * floor)))"
    us=$(net=--network-default=auto step_us "$store" n)
    row "the same with the default network" "$us" us "$(ratio "$us" "$floor")" ""
    bench_step_of_user "$floor"
}

# The same as an ordinary user, whose step needs no more of the kernel: FLOOR
bench_step_of_user() {
    local us user=("$here/../as-user.sh" sub-ids "$dir") store=--store=overlayfs:$dir/user/store
    if ! "${user[@]}" "$build/obexec" "$store" "$image" "$net" --progress=quiet "$dir/0.json" >/dev/null; then
        row "trivial step of a user who is not root" - "" "" "can't be measured here"
        return
    fi
    us=$(for i in 1 2 3 4 5 6 7; do
        "${user[@]}" "$timed" "$build/obexec" "$store" "$image" --progress=quiet "$net" -j1 "$dir/$i.json"
    done | median)
    us=$(((us - $("${user[@]}" "$timed" -n 20 "$build/obexec" "$store" "$image" "$net" --progress=quiet "$dir/0.json")) / steps))
    row "trivial step of a user who is not root" "$us" us "$(ratio "$us" "$1")" ""
}

# A step costs no more in a store of 100,000 results.
bench_large_store() {
    local empty us
    empty=$(step_us "--store=overlayfs:$dir/empty-store" e)
    obexec "$dir/0.json"
    python3 "$(dirname "$0")/many_results.py" "$dir/store" "$dir/large-store" 100000
    us=$("$timed" "$build/obexec" ls "--store=overlayfs:$dir/large-store")
    row "ls of 100,000 results that the index lacks" "$(ms "$us")" ms "" ""
    us=$("$timed" -n 3 "$build/obexec" ls "--store=overlayfs:$dir/large-store")
    row "ls of 100,000 results" "$(ms "$us")" ms "" ""
    us=$(step_us "--store=overlayfs:$dir/large-store" l)
    row "trivial step in an empty store" "$empty" us "" ""
    row "trivial step beside 100,000 results" "$us" us "" "no more, within 15 %: $(aim "$us" $((empty * 115 / 100)))"
    us=$("$timed" -n 20 "$build/obexec" "--store=overlayfs:$dir/large-store" "$image" --progress=quiet "$dir/0.json")
    row "one cached step beside 100,000 results" "$(ms "$us")" ms "" "under 3 ms: $(aim "$us" 3000)"
    us=$("$timed" "$build/obexec" prune --all "--store=overlayfs:$dir/large-store")
    row "prune --all of 100,000 results" "$(ms "$us")" ms "" "under 60 s: $(aim "$us" 60000000)"
    rm -rf "$dir/large-store"
}

# 100 builds of five steps that share a cache, 10 at a time.
bench_stress() {
    local n us
    mkdir "$dir/stress"
    for ((n = 0; n < 100; n++)); do
        {
            echo "FROM base"
            for k in 1 2 3 4 5; do
                k=$((n * k * 7 / 11 % 4))
                printf 'RUN --mount=type=cache,target=/cache ["/bin/true", "%d"]\n' $k
            done
        } >"$dir/d"
        "$build/spec2ir" --from=dockerfile -o "$dir/stress/$n" "$dir/d"
    done
    # shellcheck disable=SC2016 # expanded by sh
    us=$("$timed" sh -c 'ls "$0"/stress/* | xargs -P 10 -n 1 "$@"' "$dir" \
        "$build/obexec" "--store=overlayfs:$dir/stress-store" "$image" --progress=quiet "$net" -j1)
    row "100 builds of 5 steps, 10 at a time, one cache" "$(ms "$us")" ms "" "under 600 ms: $(aim "$us" 600000)"
}

bench_memory() {
    local s kib
    for s in 1 2 3 4 5 6 7 8 9 10; do
        trivial_spec 99 "m$s"
    done >"$dir/d"
    "$build/spec2ir" --from=dockerfile -O0 -o "$dir/m.json" "$dir/d"
    kib=$("$timed" -m "$build/obexec" "$store" "$image" --progress=quiet "$net" "$dir/m.json")
    row "memory, 1,000 steps uncached" "$((kib / 1024))" MB "" "under 20 MB: $(aim "$kib" 20480)"
    kib=$("$timed" -m "$build/obexec" "$store" "$image" --progress=quiet "$net" "$dir/m.json")
    row "memory, 1,000 steps cached" "$((kib / 1024))" MB "" "under 20 MB: $(aim "$kib" 20480)"
}

bench_cached() {
    local us
    trivial_spec 19 c >"$dir/d"
    "$build/spec2ir" --from=dockerfile -o "$dir/c.json" "$dir/d"
    obexec "$dir/c.json"
    us=$("$timed" -n 100 "$build/obkit" build "$store" "$image" "$net" --progress=quiet --from=dockerfile -f "$dir/d" "$dir/context")
    row "20 steps cached, obkit build (both programs)" "$(ms "$us")" ms "" "under 10 ms: $(aim "$us" 10000)"
    us=$("$timed" -n 100 "$build/obexec" "$store" "$image" --progress=quiet "$dir/c.json")
    row "20 steps cached, obexec alone" "$(ms "$us")" ms "" "under 3 ms: $(aim "$us" 3000)"
}

bench_compile() {
    local us
    awk 'BEGIN {
        print "FROM debian:12 AS build"
        for (i = 1; i < 10000; i++)
            if (i % 10 == 0) printf "ENV V%d=\"value %d\"\n", i % 20, i
            else if (i % 10 == 5) printf "COPY src/file%d.c /src/\n", i
            else printf "RUN apt-get install -y package-%d && rm -rf /var/lib/apt/lists/*\n", i
    }' >"$dir/large"
    us=$("$timed" -n 20 "$build/spec2ir" --from=dockerfile -o "$dir/large.json" "$dir/large")
    row "spec2ir, Dockerfile of 10,000 lines" "$(ms "$us")" ms "" "under 10 ms: $(aim "$us" 10000)"
    us=$("$timed" -n 20 "$build/spec2ir" --from=dockerfile --to=ast -o /dev/null "$dir/large")
    row "the same, to its tree only" "$(ms "$us")" ms "" ""
}

# A Dockerfile as people write them: long continued commands above all.
real_looking() {
    awk 'BEGIN {
        print "# syntax=docker/dockerfile:1\nFROM debian:12 AS build\nFROM debian:12"
        for (i = 0; i < 2000; i++) {
            printf "\n# Part %d of the tools that the service needs.\nENV TOOL_%d_VERSION=1.%d.0 \\\n", i, i, i
            printf "    TOOL_%d_HOME=\"/opt/tool-%d\"\nRUN set -eux; \\\n    apt-get update; \\\n", i, i
            print "    apt-get install -y --no-install-recommends \\\n        ca-certificates \\\n        curl \\\n    ; \\"
            print "    # keep the layer small\n    rm -rf /var/lib/apt/lists/*; \\"
            printf "    curl -fsSL \"https://example.org/tool-$TOOL_%d_VERSION.tar.gz\" | tar -xz -C /opt\n", i
            printf "COPY --from=build --chown=app:app src/tool%d/ /src/tool%d/\nWORKDIR /src\n", i, i
        }
    }'
}

bench_parse() {
    local speed corpus=${OBKIT_CORPUS:-}
    if [ -z "$corpus" ]; then
        corpus=$dir/real
        real_looking >"$corpus"
    fi
    speed=$("$build/tests/bench/parse_speed" "$corpus")
    row "Dockerfiles to trees, in one process" "$speed" MB/s "" \
        "at least 100 MB/s: $(aim 100 "$speed")"
    speed=$("$build/tests/bench/parse_speed" --format "$corpus")
    row "Dockerfiles formatted, in one process" "$speed" MB/s "" \
        "at least 50 MB/s: $(aim 50 "$speed")"
    speed=$("$build/tests/bench/parse_speed" --prove "$corpus")
    row "the same, and proven to mean the same" "$speed" MB/s "" ""
}

# stages, seed: Dockerfiles of 1 to 10 such stages give graphs of 10 steps a stage.
staged() {
    awk -v stages="$1" -v seed="$2" 'BEGIN {
        for (s = 0; s < stages; s++) {
            printf "FROM debian:12 AS s%d\nENV", s
            for (v = 0; v < 10; v++) printf " TOOL_%d=\"/opt/tool-%d/%d\"", v, v, s
            printf "\nWORKDIR /src\nCOPY --chown=app:app src%d/ ./\n", s
            from = s ? "--from=s" s - 1 " " : ""
            printf "COPY %s/out/ /in/\n", from
            from = s ? "--from=s" int(s / 2) " " : ""
            printf "COPY %s/out/lib /lib/\n", from
            for (r = 0; r < 5; r++)
                printf "RUN apt-get install -y package-%s-%d-%d && rm -rf /var/lib/apt/lists/*\n", seed, s, r
        }
    }'
}

# The same graph ten and a hundred times as large takes ten and a hundred times as long.
bench_ir() {
    local us kib i files
    staged 100 x >"$dir/d100" && staged 1000 x >"$dir/d1000"
    files=$(for i in 0 1 2 3 4 5 6 7 8 9; do staged 1000 "$i" >"$dir/m$i" && echo "$dir/m$i"; done)
    "$build/spec2ir" --from=dockerfile -O0 -o "$dir/1k.json" "$dir/d100"
    "$build/spec2ir" --from=dockerfile -O0 -o "$dir/10k.json" "$dir/d1000"
    # shellcheck disable=SC2086 # a list of files without blanks
    "$build/spec2ir" --from=dockerfile -O0 -o "$dir/100k.json" $files
    read -r us kib < <("$build/tests/bench/ir_speed" "$dir/1k.json")
    row "IR of 1,000 steps: read, verify, -O2, write; CPU" "$(ms "$us")" ms "" "$((kib / 1024)) MB"
    read -r us kib < <("$build/tests/bench/ir_speed" "$dir/10k.json")
    row "IR of 10,000 steps in 1,000 stages" "$(ms "$us")" ms "" \
        "under 100 ms: $(aim "$us" 100000); $((kib / 1024)) MB, under 100: $(aim "$kib" 102400)"
    local limit=$((15 * us))
    read -r us kib < <("$build/tests/bench/ir_speed" "$dir/100k.json")
    row "IR of 100,000 steps" "$(ms "$us")" ms "" "linear, at most 15 x: $(aim "$us" $limit); $((kib / 1024)) MB"
}

# VERSION: 3,000 stages on a trunk of 4,000 steps, which all see the variable.
trunk() {
    awk -v version="$1" 'BEGIN {
        printf "FROM debian:12 AS trunk\nENV VERSION=%s\n", version
        for (i = 0; i < 4000; i++) printf "RUN make %d\n", i
        for (s = 0; s < 3000; s++) printf "FROM trunk AS s%d\nRUN make part-%d\n", s, s
        print "FROM debian:12"
        for (s = 0; s < 3000; s++) printf "COPY --from=s%d /out/ /out/\n", s
    }'
}

bench_diff() {
    local us version
    for version in 1 2; do
        trunk $version >"$dir/v$version"
        "$build/spec2ir" --from=dockerfile -o "$dir/v$version.json" "$dir/v$version"
    done
    # shellcheck disable=SC2016
    us=$("$timed" -n 5 sh -c '"$0/spec2ir" --diff -o /dev/null "$1/v1.json" "$1/v2.json" || true' "$build" "$dir")
    row "spec2ir --diff of 10,000 steps, all changed" "$(ms "$us")" ms "" "under 500 ms: $(aim "$us" 500000)"
}

# Files as a context has them: small ones, in a few directories.
make_files() { # directory, directories, files in each, bytes of each
    local i
    for i in $(seq "$2"); do
        mkdir -p "$1/d$i"
        head -c $(($3 * $4)) /dev/urandom | split -a 3 -b "$4" - "$1/d$i/f"
    done
}

# A virtual machine gives its kernel memory at the first touch, which costs more than a copy into it.
warm_memory() { # MB
    head -c "$1M" /dev/zero >"$dir/warm"
    rm "$dir/warm"
}

bench_copy() {
    local us i
    copy() { "$timed" "$@" "$build/obexec" "$store" "$image" "$net" --progress=quiet "$dir/copy.json" "$dir/context"; }
    make_files "$dir/context" 20 100 52429
    printf 'FROM base\nCOPY . /src/\n' >"$dir/d"
    "$build/spec2ir" --from=dockerfile -o "$dir/copy.json" "$dir/d"
    warm_memory 1000
    us=$(copy)
    row "copy of 2,000 files / 100 MB, uncached" "$(ms "$us")" ms "" "under 250 ms: $(aim "$us" 250000)"
    us=$(copy -n 20)
    row "the same, nothing changed" "$(ms "$us")" ms "" "under 20 ms: $(aim "$us" 20000)"
    us=$(for i in 1 2 3 4 5; do
        echo "$i" >"$dir/context/d1/faaa"
        sleep 0.1
        copy
    done | median)
    row "the same, one file changed" "$(ms "$us")" ms "" "under 60 ms: $(aim "$us" 60000)"
    us=$("$timed" cp -r "$dir/context" "$dir/copied")
    row "cp -r of the same files" "$(ms "$us")" ms "" ""
    rm -r "$dir/copied"
}

bench_stage() {
    local us
    mkdir "$dir/many"
    make_files "$dir/many" 40 500 10000
    printf 'FROM base AS made\nCOPY . /made/\nFROM base\nCOPY --from=made /made /src\n' >"$dir/d"
    "$build/spec2ir" --from=dockerfile -O0 -o "$dir/both.json" "$dir/d"
    obexec --target=made "$dir/both.json" "$dir/many"
    us=$("$timed" "$build/obexec" "$store" "$image" "$net" --progress=quiet "$dir/both.json" "$dir/many")
    row "20,000 files / 200 MB from another stage" "$(ms "$us")" ms "" "under 1 s: $(aim "$us" 1000000)"
    us=$("$timed" -n 5 "$build/obexec" "$store" "$image" "$net" --progress=quiet "$dir/both.json" "$dir/many")
    row "the same, nothing changed" "$(ms "$us")" ms "" ""
}

# What is built is in the store: only the writing is measured.
bench_image() {
    local us tar i
    for i in $(seq 60); do
        mkdir -p "$dir/base/d$i"
        head -c 1048576 /dev/urandom | split -a 3 -b 10486 - "$dir/base/d$i/f"
    done
    mkdir "$dir/small" && echo x >"$dir/small/file"
    awk 'BEGIN {print "FROM base"; for (i = 0; i < 10; i++) printf "COPY file /new%d/\n", i}' >"$dir/d"
    "$build/spec2ir" --from=dockerfile -o "$dir/i.json" "$dir/d"
    obexec "$dir/i.json" "$dir/small"
    warm_memory 500
    tar=$("$timed" -n 3 tar -C "$dir/base" -cf "$dir/base.tar" .)
    row "tar of 6,000 files / 60 MB" "$(ms "$tar")" ms "" ""
    us=$("$timed" -n 3 "$build/obexec" "$store" "$image" "$net" --progress=quiet \
        -o type=oci,compression=uncompressed,dest="$dir/image.tar" "$dir/i.json" "$dir/small")
    row "the same and 10 layers as an image, uncompressed" "$(ms "$us")" ms "" \
        "at most 5 x tar: $(aim "$us" $((5 * tar)))"
    rm -r "$dir/base.tar" "$dir/image.tar" "$dir/small" "$dir"/base/d*
}

bench_parallel() {
    local us
    awk 'BEGIN {
        for (i = 0; i < 4; i++) printf "FROM base AS s%d\nRUN [\"/bin/true\", \"sleep\", \"%d\"]\n", i, i
        print "FROM base"
        for (i = 0; i < 4; i++) printf "COPY --from=s%d /bin/true /t%d\n", i, i
    }' >"$dir/d"
    "$build/spec2ir" --from=dockerfile -o "$dir/p.json" "$dir/d"
    us=$("$timed" "$build/obexec" "$store" "$image" "$net" --progress=quiet -j4 "$dir/p.json")
    row "4 independent steps that sleep 1 s, -j4" "$(ms "$us")" ms "" "about 1 s: $(aim "$us" 1300000)"
}

row "" value "" "x floor" "aim"
bench_step
bench_cached
bench_stress
bench_memory
bench_large_store
bench_compile
bench_parse
bench_ir
bench_diff
bench_copy
bench_stage
bench_image
bench_parallel
exit $verdicts
