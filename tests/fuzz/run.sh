#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Replays the fuzz targets on their seeds and on the goldens, which are seeds as well. With a
# number, and targets if not all are meant, it fuzzes each for as many seconds, from the same inputs
# (`make fuzz`): finds go to fuzz-TARGET/ in the current directory.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 99
seconds=${1-}
[ $# = 0 ] || shift
targets=${*:-ir spec dockerfile format}
failed=0

# inputs TARGET: its files, one a line.
inputs() {
    [ "$1" = format ] || find "$here/seeds/$1" -type f
    case $1 in
    format)
        find "$here/../golden/format" -name input -type f
        inputs spec
        inputs dockerfile
        ;;
    ir) find "$here/../golden" -name ir.json ;;
    spec) find "$here/../golden/spec" -name spec -type f ;;
    dockerfile) find "$here/../golden/dockerfile" -name 'Dockerfile*' -type f ;;
    esac
}

# fuzz TARGET: the corpus grows in fuzz-TARGET/corpus.
fuzz() {
    mkdir -p "fuzz-$1/corpus" || return 1
    inputs "$1" | while read -r file; do
        cp "$file" "fuzz-$1/corpus/$(sha256sum <"$file" | cut -c 1-40)"
    done
    (cd "fuzz-$1" && ../tests/fuzz/fuzz-"$1" -max_total_time="$seconds" -max_len=8192 -timeout=20 \
        -rss_limit_mb=2048 -dict="$here/$1.dict" -print_final_stats=1 corpus)
}

for target in $targets; do
    if [ -n "$seconds" ]; then
        fuzz "$target" || failed=1
        continue
    fi
    printf '%s: ' "$target"
    inputs "$target" | tr '\n' '\0' | xargs -0 ./tests/fuzz/replay_"$target" || failed=1
done
exit $failed
