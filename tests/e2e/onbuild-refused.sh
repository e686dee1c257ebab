#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A base image with triggers, which nobody has compiled.
. "$(dirname "$0")/functions.sh"
requires root busybox python3 tar
scratch
cd "$tmp"
mkdir -p image/bin
cp /bin/busybox image/bin/sh

# TRIGGERS, as JSON: the image as a docker archive.
make_archive()
{
    tar -C image -cf layer.tar bin
    printf '{"architecture": "amd64", "os": "linux", "config": {"OnBuild": %s},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}' \
        "$1" "$(sha256sum layer.tar | cut -d ' ' -f 1)" >config.json
    echo '[{"Config": "config.json", "RepoTags": null, "Layers": ["layer.tar"]}]' >manifest.json
    tar -cf image.tar manifest.json config.json layer.tar
}

printf 'FROM parent AS unused\nFROM scratch\nCOPY Dockerfile /\n' >context/Dockerfile.other
printf 'FROM parent\nRUN true\n' >context/Dockerfile

subject "is refused before anything runs"
make_archive '["RUN echo triggered", "COPY . /src"]'
run obkit build --store="$store" --progress=plain \
    --build-context=parent=docker-archive:image.tar context
expect_equal 3 "$status" "the exit status"
expect_in_stderr 'image "parent" has ONBUILD triggers, which only spec2ir --pin can run'
expect_not_in_stderr '\[1/'

subject "also when the store has it; not where no step needs the image"
make_archive 'null'
expect_exit 0 obkit build --store="$store" --build-context=parent=docker-archive:image.tar context
make_archive '["RUN echo triggered"]'
expect_exit 3 obkit build --store="$store" --build-context=parent=docker-archive:image.tar context
expect_exit 0 obkit build --store="$store" --progress=plain -f context/Dockerfile.other context
