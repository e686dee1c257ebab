# SPDX-License-Identifier: Apache-2.0
"""Random graphs whose results do not depend on when, where and how often they are built: a
Dockerfile of many stages, on each other and copying from each other. Whoever builds some of its
stages overlaps with whoever builds others.

A step in which one process is killed must fail, not make something else: hence the shell's -e."""
import os

N_SPECS = 4

# {nonce} makes a step unlike all others, {nap} makes its time differ, {other} is an earlier stage.
COMMANDS = [
    "echo {nonce} >/d/a{n}; {nap}",
    "{nap}; echo {nonce} >>/d/log; chmod 600 /d/log",
    "rm -rf /d/*; mkdir -p /d/x/y; echo {nonce} | tee /d/x/y/z >/d/x/w",
    "echo {nonce} >/d/h; ln -f /d/h /d/hard; ln -sf h /d/soft; rm -f /d/p; mkfifo -m 640 /d/p",
    "dd if=/dev/zero bs=64k count={small} | tr '\\0' x >/d/big{n}; {nap}",
    # Processes that outlive their step, or are busy writing when it ends.
    "(while :; do echo {nonce} >/d/busy; done) & {nap}; kill $! || :; wait; echo {nonce} >/d/busy",
    "sleep 1000 & (setsid sleep 1000 &) ; echo {nonce}; {nap}",
]
MOUNTS = [
    ("type=bind,from={other},source=/d,target=/mnt", "find /mnt -type f | sort >/d/list{n}; {nap}"),
    ("type=tmpfs,target=/d/tmp", "echo {nonce} >/d/tmp/x; {nap}; cp /d/tmp/x /d/t{n}"),
    ("type=secret,id=key,target=/d/key", "wc -c </d/key >/d/length; echo {nonce}; {nap}"),
    ("type=cache,target=/cache", "echo {nonce} >>/cache/log; {nap}; tail -n 1 /cache/log"),
    # Nobody else may be in it; a killed one may leave the number unwritten.
    ("type=cache,sharing=locked,target=/locked",
     "m=$(cat /locked/m || echo 0); m=$((m + 1)); echo $m >/locked/m; {nap}; "
     "now=$(cat /locked/m); test $now = $m; echo {nonce} >/d/n{n}"),
]
STEPS = (["RUN set -eo pipefail; " + c for c in COMMANDS] +
         ["RUN --mount=%s set -eo pipefail; %s" % m for m in MOUNTS] +
         ["COPY --from={other} /d /d/from-{other}", "COPY files /d/files{n}",
          "COPY --chown={small}:7 files/f{few} /d/"])

# A spec's steps have caches of the other kind: a copy for each step, which is kept if it succeeds.
SPEC = """((from busybox) (shell /bin/sh -eo pipefail -c)
 (run (cache (c (target /cache))) (shell "m=$(cat /cache/m || echo 0); echo $((m + 1)) >/cache/m.new; {nap}; mv /cache/m.new /cache/m"))
 (run (cache (c (target /cache))) (shell "test -s /cache/m; ls /cache | wc -l >/n; echo {nonce} >>/cache/log; {nap}; rm /cache/log"))
 (copy (src files) (dst /))
 (run (cache (c (target /cache))) (shell "test ! -e /cache/log; {nap}; echo {nonce} >/out")))
"""


def stage(r, n):
    """The lines of stage n, which may build on stages 0 to n - 1."""
    base = "busybox" if r.random() < .1 else "s%d" % r.randrange(max(0, n - 6), n)
    yield "FROM %s AS s%d" % (base, n)
    if base == "busybox":
        yield "RUN mkdir /d"
    for i in range(r.randrange(1, 4)):
        yield r.choice(STEPS).format(
            n=n, nonce="%d-%d-%d" % (n, i, r.randrange(1 << 30)), small=r.randrange(1, 9),
            few=r.randrange(4), nap="sleep 0.0%02d" % r.randrange(30), other="s%d" % r.randrange(n))


def write(r, n_stages, context):
    """Makes the Dockerfile, the specs and what they copy in `context`; the stages' names."""
    os.makedirs(context + "/files/sub")
    for i in range(4):
        with open(context + "/files/f%d" % i, "w") as f:
            f.write("%d\n" % r.randrange(1 << 30) * r.randrange(1, 3000))
    with open(context + "/secret", "w") as f:
        f.write("torture\n")
    lines = ["FROM busybox AS s0", "RUN set -e; mkdir /d; echo first >/d/first"]
    for n in range(1, n_stages):
        lines += stage(r, n)
    with open(context + "/Dockerfile", "w") as f:
        f.write("\n".join(lines) + "\n")
    for n in range(N_SPECS):
        with open(context + "/spec%d" % n, "w") as f:
            f.write(SPEC.format(nonce=r.randrange(1 << 30), nap="sleep 0.0%02d" % r.randrange(30)))
    return ["s%d" % n for n in range(n_stages)]
