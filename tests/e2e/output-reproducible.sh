#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A graph with a time of its own gives the same image whenever, and on whatever store, it is built.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"

dockerfile <<'END'
FROM busybox
ARG SOURCE_DATE_EPOCH
RUN rm -r /etc/group /var; mkdir /d; echo x >/d/x; ln /d/x /d/y
END

subject "the image is the same for an ordinary user"
chmod 755 base/root
image=(obkit build --progress=plain --build-arg SOURCE_DATE_EPOCH=1000000000
    --build-context=busybox=dir:"$tmp/base" -o type=oci)
expect_exit 0 "${image[@]}" --store="$store" context
mv out root.tar
run "$top_src/tests/as-user.sh" alone "$tmp" "${image[@]}" "$tmp/context"
if [ "$status" = 77 ]; then
    sed 's/^skipped: /   left out: /' out
else
    expect_equal 0 "$status" "the exit status"
    cmp root.tar out || fail "another user gets another image"
fi

# All that a layer can hold.
python3 - base <<'END'
import os, sys
os.chdir(sys.argv[1])
def write(name, text=b"x"):
    with open(name, "wb") as f:
        f.write(text)
os.makedirs("odd/deep/er")
write("odd/caps")
write("odd/attr")
try:
    os.setxattr("odd/caps", "security.capability", b"\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0")
    os.setxattr("odd/attr", "user.z", b"\0binary\n=\xff")
    os.setxattr("odd/attr", "user.a", b"")
except OSError as e:
    print("without extended attributes:", e)
write(b"odd/not-utf8-\xff")
write("odd/" + "l" * 150)
write(b"odd/" + b"\xfe" * 150)
os.symlink("t" * 300, "odd/link")
os.makedirs("odd/" + "/".join(["d" * 60] * 5))
write("odd/" + "/".join(["d" * 60] * 5) + "/f")
write("odd/hard1")
os.link("odd/hard1", "odd/deep/hard2")
os.mknod("odd/device", 0o20640, os.makedev(10, 200))
os.mkfifo("odd/fifo")
write("odd/owned")
os.chown("odd/owned", 3000000, 4000000000)
write("odd/setid")
os.chmod("odd/setid", 0o6755)
with open("odd/sparse", "wb") as f:
    f.seek(1 << 20)
    f.write(b"end")
write("odd/old")
os.utime("odd/old", (-86400, -86400))
write("same-size")
END

cat >context/file <<'END'
from the context
END
dockerfile <<'END'
FROM busybox
ARG SOURCE_DATE_EPOCH
RUN echo now >/now; ln /now /also-now
RUN rm /odd/caps; rm -r /odd/deep; echo new >>/odd/owned
RUN rm -r /odd/dddddddddd*; mkdir /odd/deep; touch /odd/deep/other
# The parent is changed within the tick of its last change, or not.
RUN touch /var/a
RUN touch /var/b
RUN cp /same-size /s; echo y >/same-size; chown 5:6 /odd/hard1; ln /odd/hard1 /odd/hard3
RUN mv /odd /moved; mkdir /odd; touch /odd/x
RUN true
WORKDIR /made/by/workdir
COPY file /etc/
ENV A=1
CMD ["sh"]
END
for tool in cp mv; do
    ln -s busybox base/bin/$tool
done

# Builds on a store: export KIND SUFFIX [OPTION...]
export_all()
{
    local kind=$1 to=$2
    shift 2
    store=$kind:$tmp/$to.store
    build_ok --build-arg SOURCE_DATE_EPOCH=1000000000 -t example/app:1 \
        -o type=oci,dest="$to.oci.tar" -o type=docker,dest="$to.docker.tar" \
        -o type=tar,dest="$to.tar" "$@"
}

same_file()
{
    cmp "$1" "$2" || fail "$3"
}

export_all overlayfs a
sleep 1.1
export_all overlayfs b
export_all copy c
OBKIT_OVERLAYFS_MOUNT=mount2 export_all overlayfs d -j1

for kind in oci.tar docker.tar tar; do
    subject "the $kind is the same"
    same_file a.$kind b.$kind "another build at another time gives another $kind"
    same_file a.$kind c.$kind "another store gives another $kind"
    same_file a.$kind d.$kind "one process gives another $kind"
done

subject "with one layer as well"
export_all overlayfs a --squash
export_all copy c --squash
same_file a.oci.tar c.oci.tar "another store gives another image"
cmp -s a.oci.tar b.oci.tar && fail "--squash changes nothing"

subject "no time is later than SOURCE_DATE_EPOCH"
python3 - a.tar a.oci.tar <<'END'
import sys, tarfile
for name in sys.argv[1:]:
    with tarfile.open(name) as t:
        times = [m.mtime for m in t]
        assert times and max(times) <= 1000000000, (name, max(times))
END

subject "without it, what is cached is the same image"
dockerfile <<'END'
FROM busybox
RUN echo >/x
END
for i in 1 2; do
    build_ok -o type=oci,dest=cached$i.tar
    sleep 1.1
done
same_file cached1.tar cached2.tar "the same results give another image"
