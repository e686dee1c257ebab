#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Directories in directories, deeper than any path can say: nothing crashes or takes minutes, and
# what can't be had says so.
time_limit=150
. "$(dirname "$0")/functions.sh"
requires root static python3
scratch
mkdir "$tmp/base"
cp tests/e2e/deep "$tmp/context/deep"
cd "$tmp"
too_deep='"/(d/)+…": more than 2000 directories deep'

for store in "overlayfs:$tmp/store" "copy:$tmp/copies"; do
    subject "${store%%:*}: steps stand on such a tree, and it can be measured and removed"
    printf 'FROM scratch\nCOPY deep /deep\nRUN ["/deep", "/d", "10000"]\nRUN ["/deep", "/e", "1"]\n' |
        dockerfile
    build_ok
    expect_exit 0 obexec du --store="$store"
    expect_exit 0 obexec inspect --why --store="$store" "$id"

    subject "${store%%:*}: outputs of it are refused"
    for output in type=tar,dest=o.tar type=oci,dest=o.oci type=local,dest=o; do
        build -o "$output"
        expect_equal 3 "$status" "the exit status"
        expect_in_stderr "^obexec: can't export .*: $too_deep\$"
        rm -rf o.tar o.oci o
    done

    subject "${store%%:*}: so are copies"
    printf 'FROM scratch AS a\nCOPY deep /deep\nRUN ["/deep", "/d", "10000"]\nFROM scratch\nCOPY --from=a /d /\n' |
        dockerfile
    build
    expect_equal 1 "$status" "the exit status"
    expect_in_stderr '"d/(d/)+…" is more than 1000 directories deep$'

    subject "${store%%:*}: caches of it can be used, copied and removed, but not exported"
    printf 'FROM scratch\nCOPY deep /deep\nRUN --mount=type=cache,id=d,target=/c ["/deep", "/c", "10000"]\n' |
        dockerfile
    build_ok
    printf '((from scratch) (copy (src deep) (dst /deep)) (shell /deep /c/d) (run (cache (s (target /c))) (shell "10000")) (shell /deep /c/e) (run (cache (s (target /c))) (shell "1")))\n' |
        spec
    build_ok -f context/spec
    for id in d s; do
        expect_exit 3 obexec cache export $id c.tar --store="$store"
        expect_in_stderr "$too_deep\$"
        expect_exit 0 obexec cache ls --store="$store"
        expect_exit 0 obexec cache rm $id --store="$store"
    done

    subject "${store%%:*}: all of it goes"
    expect_exit 0 obexec clean --store="$store"
done

subject "archives with such names are refused: as an image, and where they are added"
python3 - <<'PYTHON'
import tarfile
for name, depth in ("deep", 16300), ("fits", 1999):
    for to in name, "context/" + name:
        with tarfile.open(to + ".tar", "w", format=tarfile.PAX_FORMAT) as t:
            t.addfile(tarfile.TarInfo("d/" * depth + "f"))
            t.addfile(tarfile.TarInfo("." "wh..wh..opq"))
PYTHON
printf 'FROM image\n' | dockerfile
build --build-context=image=tar:deep.tar
expect_equal 3 "$status" "the exit status"
expect_in_stderr 'entry "(d/)+…": more than 2000 directories deep$'
build_ok --build-context=image=tar:fits.tar -o type=tar,dest=o.tar
expect_equal 2000 "$(tar -tf o.tar | wc -l)" "the number of entries"
printf 'FROM scratch\nADD deep.tar /\n' | dockerfile
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'entry "(d/)+…": more than 2000 directories deep$'
