# SPDX-License-Identifier: Apache-2.0
"""Prints a random Dockerfile for the context and the base image of convert-random.sh:
random_dockerfile.py SEED"""
import random
import sys

r = random.Random(int(sys.argv[1]))
DIRS = ["/w", "/w/x", "/opt/a", "/srv/deep/er", "/tmp/t", "/home/app/b"]
SOURCES = ["a.txt", "b c.txt", "dir", "dir/", "dir/sub", "empty", "alias", "dirlink", ".", "*.txt", "d?r"]
USERS = ["app", "1000", "1000:100", "app:users", "root", "0:0", "7:8"]


def destination(may_be_file):
    d = r.choice(DIRS + ["rel", ".", "/new%d" % r.randrange(3)])
    return d + "/" if d == "." or not may_be_file or r.random() < .7 else d


def copy():
    n = r.choice([1, 1, 1, 2, 3])
    src = [r.choice(SOURCES) for _ in range(n)]
    flags = ""
    if r.random() < .3:
        flags += " --chown=" + r.choice(USERS)
    if r.random() < .3:
        flags += " --chmod=" + r.choice(["755", "640", "u+x", "go=", "+w", "a=rX", "1777"])
    if r.random() < .1:
        flags += " --exclude=**/sub"
    words = src + [destination(n == 1)]
    return "COPY%s [%s]" % (flags, ", ".join('"%s"' % w for w in words))


def run():
    d, e = r.choice(DIRS), r.choice(DIRS)
    return "RUN " + r.choice([
        "mkdir -p %s && echo $V:$W >%s/out" % (d, d),
        "umask 022; mkdir -p -m 700 %s" % d,
        "echo \"$PWD\" >>/tmp/log; id -u >>/tmp/log",
        "[ ! -d %s ] || chmod 711 %s" % (d, d),
        "[ ! -d %s ] || touch %s/touched" % (e, e),
        "[ -e /tmp/l ] || ln -s %s /tmp/l" % d,
    ])


def heredoc():
    flags = r.choice(["", " --chmod=600", " --chmod=+x", " --chown=app", " --chown=5:6"])
    return "COPY%s <<EOF %s\nline $V\n  '%d'\nEOF" % (flags, r.choice(["/etc/f", "/h/", "/tmp/h"]),
                                                     r.randrange(9))


def step():
    return r.choice([copy, copy, run, heredoc,
                     lambda: "WORKDIR " + r.choice(DIRS + ["rel", "deeper/still"]),
                     lambda: "USER " + r.choice(USERS),
                     lambda: "ENV V=%d W=\"$V x\"" % r.randrange(9),
                     lambda: "ARG W=%d" % r.randrange(9),
                     lambda: 'RUN ["sh", "-c", "echo exec >>/tmp/log || true"]',
                     lambda: 'SHELL ["/bin/sh", "-%s"]' % r.choice(["c", "ec"])])()


print("FROM busybox AS base")
for _ in range(r.randrange(1, 5)):
    print(step())
print(r.choice(["FROM base", "FROM busybox"]))
for _ in range(r.randrange(2, 9)):
    print(step())
