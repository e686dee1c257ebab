#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Other programs read the images that obkit writes, and see what was built. Each part is left out,
# saying so, where its program is missing.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
for tool in skopeo umoci dockerd; do
    command -v $tool >/dev/null && some_tool=1
done
[ -n "${some_tool:-}" ] || skip "neither skopeo nor umoci nor dockerd is installed"
scratch
make_base
cd "$tmp"

has()
{
    command -v "$1" >/dev/null && return
    echo "   $1 is not installed"
    return 1
}

ln -s busybox base/bin/mv
mkdir -p base/odd/deep
echo x >base/odd/hard1
ln base/odd/hard1 base/odd/deep/hard2
mkfifo base/odd/fifo
mknod base/odd/device c 10 200
chown 3000000:4000000000 base/odd/hard1
ln -s "$(printf '%0200d' 0)" base/odd/link
echo y >"base/odd/$(printf '%0150d' 1)-ü"
setcap=$(python3 - <<'END'
import os
try:
    os.setxattr("base/odd/deep/hard2", "security.capability",
                b"\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0")
    print("yes")
except OSError:
    print("no")
END
)
[ "$setcap" = yes ] || echo "   without capabilities: the filesystem has none"

dockerfile <<'END'
FROM busybox
ENV A=b
LABEL l="v w"
RUN rm /etc/group; mkdir -m 2750 /new; echo z >/new/z; chown 1:2 /new/z
RUN true
RUN mv /odd/deep /odd/moved; rm -r /var; echo >/var; rm /new/z
EXPOSE 80
USER 7
CMD ["x", "y"]
END
build_ok -t example/app:1 -o type=docker,dest=docker.tar -o type=oci,dest=oci.tar \
    -o type=oci,dest=dir,tar=false -o type=oci,dest=zstd.tar,compression=zstd -o type=tar,dest=fs.tar
with_result "$id" python3 "$top_src/tests/e2e/tree.py" >want

same_tree()
{
    (cd "$1" && python3 "$top_src/tests/e2e/tree.py") >got
    diff -u want got || fail "$2 unpacks to something else"
}

if has skopeo; then
    subject "skopeo"
    for ref in oci-archive:oci.tar:1 docker-archive:docker.tar:example/app:1 oci:dir:1; do
        skopeo inspect --config "$ref" >config.json
        expect_equal "{'l': 'v w'} 7 ['x', 'y'] 4" "$(python3 -c 'import json
c = json.load(open("config.json"))
print(c["config"]["Labels"], c["config"]["User"], c["config"]["Cmd"], len(c["history"]))')" \
            "the configuration in $ref"
    done
    # Copying checks every digest.
    for ref in oci-archive:oci.tar:1 docker-archive:docker.tar:example/app:1 oci-archive:zstd.tar:1; do
        skopeo --insecure-policy copy -q "$ref" "dir:copy-${ref##*:}" || fail "skopeo can't copy $ref"
    done
fi

if has umoci; then
    subject "umoci"
    umoci unpack --image dir:1 bundle >/dev/null
    same_tree bundle/rootfs umoci
fi

subject "tar"
mkdir fs
tar -C fs --numeric-owner --xattrs --xattrs-include='*' -xf fs.tar
same_tree fs tar

end_docker()
{
    kill "$dockerd" && wait "$dockerd"
}

# In a network of its own, as it changes what there is in one.
if has dockerd && has unshare; then
    subject "docker load"
    unshare --net dockerd --data-root "$tmp/docker" --exec-root "$tmp/docker-exec" \
        -p "$tmp/docker.pid" -H "unix://$tmp/docker.sock" --bridge=none --iptables=false \
        >docker.log 2>&1 &
    dockerd=$!
    cleanup_fn end_docker
    docker() { command /usr/bin/docker -H "unix://$tmp/docker.sock" "$@"; }
    if ! (expect_soon 20 docker version) >/dev/null 2>&1; then
        echo "   dockerd does not start here: $(tail -n 1 docker.log)"
        exit 0
    fi
    docker load -q -i docker.tar
    expect_equal "map[l:v w] 7 [x y] map[80/tcp:{}]" "$(docker inspect -f \
        '{{.Config.Labels}} {{.Config.User}} {{.Config.Cmd}} {{.Config.ExposedPorts}}' \
        example/app:1)" "the configuration"
    docker create --name created example/app:1 >/dev/null
    docker export created >docker-fs.tar
    python3 - fs.tar docker-fs.tar <<'END'
import sys, tarfile
def listing(name):
    found = {}
    with tarfile.open(name) as t:
        for m in t:
            target = t.getmember(m.linkname) if m.islnk() else m
            found[m.name.strip("/")] = (target.type, oct(m.mode & 0o7777), m.uid, m.gid, target.size,
                                        m.linkname if m.issym() else "")
    return found
ours, theirs = map(listing, sys.argv[1:])
# What docker makes in every container.
made = {"dev", "proc", "sys", ".dockerenv", "dev/console", "dev/pts", "dev/shm", "etc/hostname",
        "etc/hosts", "etc/resolv.conf", "etc/mtab", "etc"}
for name in sorted(set(ours) | set(theirs)):
    if name not in made and ours.get(name) != theirs.get(name):
        sys.exit("failed: %s: %s, in docker %s" % (name, ours.get(name), theirs.get(name)))
END
fi
