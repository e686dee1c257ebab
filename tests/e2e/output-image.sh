#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Images that are written: their configuration, layers and names, and that obkit reads them back.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"
# Mount points that the sandbox need not make, which changes the time of their directory.
mkdir base/dev base/proc base/sys
: >base/etc/resolv.conf
: >base/etc/hosts
: >base/etc/hostname
find base -exec touch -h -d @1000000000 {} +

# A member of a document in an archive: config ARCHIVE EXPRESSION, with c the configuration,
# m the manifest, i the index, d docker's manifest.json, and layers the names in each layer.
in_image()
{
    python3 - "$1" "$2" <<'END'
import io, json, sys, tarfile
files = {}
with tarfile.open(sys.argv[1]) as t:
    names = t.getnames()
    assert names == sorted(names), names
    for member in t:
        if member.isfile():
            files[member.name] = t.extractfile(member).read()
i = json.loads(files["index.json"])
blob = lambda d: files["blobs/sha256/" + d["digest"].split(":")[1]]
m = json.loads(blob(i["manifests"][0]))
c = json.loads(blob(m["config"]))
d = json.loads(files.get("manifest.json", b"null"))
layers = [tarfile.open(fileobj=io.BytesIO(blob(l))).getnames() for l in m["layers"]]
print(eval(sys.argv[2]))
END
}

expect_in_image()
{
    expect_equal "$3" "$(in_image "$1" "$2")" "$2"
}

make_image '{"Labels":{"kept":"1","replaced":"1"},"ExposedPorts":{"1/udp":{}},"Volumes":{"/v":{}},
    "StopSignal":"SIGQUIT","Healthcheck":{"Test":["CMD","base"]},"Env":["A=a","B=b"],"User":"7:8",
    "WorkingDir":"/etc","Entrypoint":["/bin/e"],"Cmd":["base-cmd"],"Shell":["/bin/sh","-ec"]}'
base=busybox=oci-layout:$tmp/layout

# Builds on that image.
image()
{
    dockerfile
    run obkit build --store="$store" --progress=plain --build-context="$base" "$@" context
    [ "$status" = 0 ] || {
        show_run
        fail "the build ended with status $status"
    }
}

subject "an epoch of milliseconds is a mistake"
printf 'FROM busybox\nRUN true\n' >"$tmp/ms"
build --build-arg=SOURCE_DATE_EPOCH=1700000000000 -f "$tmp/ms" -o type=oci,dest="$tmp/ms.tar"
[ "$status" != 0 ] || fail "it was taken"
expect_in_stderr 'SOURCE_DATE_EPOCH is "1700000000000", after the year 9999: give seconds'

subject "what the stage says comes on top of what the base says"
image -o type=oci,dest=a.tar <<'END'
FROM busybox
ENV B=new C=$A
LABEL replaced=2 own=3
EXPOSE 80
VOLUME /w
CMD x y
END
expect_in_image a.tar 'c["config"]["Env"]' "['A=a', 'B=new', \
'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'C=a']"
expect_in_image a.tar 'sorted(c["config"]["Labels"].items())' \
    "[('kept', '1'), ('own', '3'), ('replaced', '2')]"
expect_in_image a.tar 'sorted(c["config"]["ExposedPorts"])' "['1/udp', '80/tcp']"
expect_in_image a.tar 'sorted(c["config"]["Volumes"])' "['/v', '/w']"
expect_in_image a.tar 'c["config"]["StopSignal"]' SIGQUIT
expect_in_image a.tar 'c["config"]["Healthcheck"]["Test"]' "['CMD', 'base']"
expect_in_image a.tar 'c["config"]["User"], c["config"]["WorkingDir"]' "('7:8', '/etc')"
expect_in_image a.tar 'c["config"]["Entrypoint"]' "['/bin/e']"
expect_in_image a.tar 'c["config"]["Cmd"]' "['/bin/sh', '-ec', 'x y']"
expect_in_image a.tar 'c["architecture"], c["os"]' "('amd64', 'linux')"

subject "and replaces it"
image -o type=oci,dest=a.tar <<'END'
FROM busybox
SHELL ["/bin/ash", "-c"]
ENTRYPOINT e
STOPSIGNAL 9
USER root
WORKDIR /made
HEALTHCHECK --interval=2s --retries=3 CMD check me
MAINTAINER somebody
ONBUILD RUN later
END
expect_in_image a.tar 'c["config"]["Entrypoint"]' "['/bin/ash', '-c', 'e']"
expect_in_image a.tar 'c["config"].get("Cmd")' None
expect_in_image a.tar 'c["config"]["Shell"], c["config"]["StopSignal"]' "(['/bin/ash', '-c'], '9')"
expect_in_image a.tar 'c["config"]["User"], c["config"]["WorkingDir"]' "('root', '/made')"
expect_in_image a.tar 'sorted(c["config"]["Healthcheck"].items())' \
    "[('Interval', 2000000000), ('Retries', 3), ('Test', ['CMD-SHELL', 'check me'])]"
expect_in_image a.tar 'c["author"], c["config"]["OnBuild"]' "('somebody', ['RUN later'])"

subject "a base may say that it says nothing"
make_image '{"Labels":null,"ExposedPorts":null,"Cmd":null,"Healthcheck":null}'
image -o type=oci,dest=a.tar <<'END'
FROM busybox
LABEL a=b
EXPOSE 80
END
expect_in_image a.tar 'c["config"]["Labels"], list(c["config"]["ExposedPorts"])' \
    "({'a': 'b'}, ['80/tcp'])"

subject "triggers of the base are not inherited"
make_image '{"OnBuild":["RUN true"]}'
echo FROM busybox >context/Dockerfile
spec2ir context/Dockerfile >unpinned.json
obexec --store="$store" --build-context="$base" --resolve unpinned.json >bases.json
spec2ir --pin=bases.json context/Dockerfile >pinned.json
expect_exit 0 obexec --store="$store" --build-context="$base" -o type=oci,dest=a.tar pinned.json
expect_in_image a.tar 'c["config"].get("OnBuild")' None

subject "a layer for each step that changes something, and history for all of them"
make_image '{}'
image -o type=oci,dest=a.tar <<'END'
FROM busybox
RUN mkdir /d && touch /d/a /d/b
RUN true
RUN rm /d/a /etc/group
RUN rm -r /d; echo >/d
END
expect_in_image a.tar 'layers[1:]' "[['d', 'd/a', 'd/b'], \
['d', 'd/.wh.a', 'etc', 'etc/.wh.group'], ['d']]"
expect_in_image a.tar '[h.get("empty_layer", False) for h in c["history"]]' \
    '[False, False, True, False, False]'
expect_in_image a.tar 'c["history"][3]["created_by"]' 'RUN rm /d/a /etc/group'
expect_in_image a.tar 'len(c["rootfs"]["diff_ids"]), len(m["layers"])' '(4, 4)'

subject "or one above the base"
obkit build --store="$store" --progress=quiet --build-context="$base" --squash \
    -o type=oci,dest=squashed.tar context >/dev/null
expect_in_image squashed.tar 'layers[1:]' "[['d', 'etc', 'etc/.wh.group']]"
expect_in_image squashed.tar 'len(c["history"])' 2

subject "names"
image -o type=docker,dest=d.tar,name=one -t host.example:5000/two/three:v3 <<'END'
FROM busybox
RUN echo >/x
END
expect_in_image d.tar 'd[0]["RepoTags"]' "['one:latest', 'host.example:5000/two/three:v3']"
expect_in_image d.tar '[x["annotations"]["io.containerd.image.name"] for x in i["manifests"]]' \
    "['docker.io/library/one:latest', 'host.example:5000/two/three:v3']"
expect_in_image d.tar \
    '[x["annotations"]["org.opencontainers.image.ref.name"] for x in i["manifests"]]' \
    "['latest', 'v3']"
expect_in_image d.tar 'd[0]["Layers"] == ["blobs/sha256/" + l["digest"][7:] for l in m["layers"]]' \
    True

subject "obkit reads back what it wrote"
python3 - base <<'END'
import os, sys
os.chdir(sys.argv[1])
os.makedirs("odd/deep")
def write(name):
    open(name, "w").close()
write(b"odd/not-utf8-\xff")
write(b"odd/" + b"\xfe" * 150)
write("odd/" + "l" * 150)
write("odd/hard1")
os.link("odd/hard1", "odd/deep/hard2")
os.symlink("t" * 300, "odd/link")
os.mknod("odd/device", 0o20640, os.makedev(10, 200))
os.mkfifo("odd/fifo")
os.chown("odd/hard1", 3000000, 4000000000)
write("odd/attr")
try:
    os.setxattr("odd/attr", "security.capability",
                b"\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0")
    os.setxattr("odd/attr", "user.z", b"\0binary\n=\xff")
except OSError:
    pass
END
dockerfile <<'END'
FROM busybox
RUN rm /etc/group; ln /odd/hard1 /odd/hard3; mv /odd/deep /odd/moved; mkdir -m 2750 /odd/new
RUN chown 1:2 /odd/fifo; rm -r /odd/moved
ENV A=1
USER 7
WORKDIR /wörk
CMD ["x"]
END
ln -sf busybox base/bin/mv
build_ok -t app:1 -o type=oci,dest=r.oci.tar -o type=docker,dest=r.docker.tar \
    -o type=oci,dest=r.dir,tar=false,compression=zstd \
    -o type=docker,dest=r.plain.tar,compression=uncompressed
with_result "$id" python3 "$top_src/tests/e2e/tree.py" >want
dockerfile <<'END'
FROM again
END
spec2ir context/Dockerfile >again.json
for ref in oci-archive:r.oci.tar oci-archive:r.oci.tar:1 oci-layout:r.dir:1 \
    oci-archive:r.docker.tar:docker.io/library/app:1 docker-archive:r.docker.tar:app:1 \
    docker-archive:r.plain.tar; do
    expect_exit 0 obexec --store="$store" --build-context=again="$ref" again.json
    with_result "$(cat out)" python3 "$top_src/tests/e2e/tree.py" >got
    diff -u want got || fail "$ref is not what was built"
    expect_exit 0 obexec --store="$store" --build-context=again="$ref" --resolve again.json
    expect_in_stdout '"user":"7","workdir":"/wörk"'
    expect_in_stdout '"env":\[.*"A=1"'
done

subject "an image that stands for a step's result alone is complete without a base"
dockerfile <<'END'
FROM scratch
COPY file /f
END
echo x >context/file
build_ok -o type=oci,dest=s.tar
expect_in_image s.tar 'layers' "[['f']]"
expect_in_image s.tar 'len(c["history"]), c["os"]' "(1, 'linux')"

subject "an archive on standard output is all that is there"
build -o type=docker -t s:1
expect_equal 0 "$status" "the exit status"
expect_in_image out 'd[0]["RepoTags"]' "['s:1']"

subject "what can't be an image"
echo x >context/.wh.file
dockerfile <<'END'
FROM scratch
COPY .wh.file /
END
build -o type=oci,dest=none.tar
expect_equal 3 "$status" "the exit status"
expect_in_stderr 'can.t export oci: "/.wh.file" can.t be in an image: names that begin with ".wh."'
[ ! -e none.tar ] || fail "there is an archive"
