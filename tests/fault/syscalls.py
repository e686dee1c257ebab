# SPDX-License-Identifier: Apache-2.0
"""Lets each system call of a build fail, one at a time, and looks at what comes of it: a status of
0, 1 or 3, a message if it is not 0, and a next build that makes what an undisturbed one does, with
nothing left over.

    syscalls.py [--every=N] [--seed=N] INJECT OBEXEC KIND DIRECTORY

DIRECTORY has the base image ("base"), the steps ("ir") and the context ("context"). --every takes
each N-th call only, from a random one on."""
import argparse
import collections
import errno
import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torture"))
import audit
from runs import Wrong

ERRORS = [errno.EIO, errno.ENOSPC, errno.ENOMEM, errno.EMFILE, errno.EROFS]
LOADER = "error while loading shared libraries"  # not ours yet, and says itself what is wrong


class Fault:
    def __init__(self, args):
        self.args, self.dir = args, args.directory
        self.r = random.Random(args.seed)
        self.temporary = os.environ["TMPDIR"] = self.dir + "/tmp"
        os.environ["ASAN_OPTIONS"] = "detect_leaks=0:exitcode=99"  # leaks are looked for by ptrace
        for d in (self.temporary, self.dir + "/room"):
            os.makedirs(d)
        self.mounts = audit.mounts()
        self.store, self.reference = self.dir + "/store", self.dir + "/reference"
        self.keys = self.build("copy:" + self.reference).stdout

    def build(self, store, prefix=()):
        argv = [*prefix, self.args.obexec, "--store=" + store, "--progress=plain", "-j1",
                "--build-context=busybox=dir:" + self.dir + "/base",
                "--secret=id=key,src=" + self.dir + "/context/secret",
                self.dir + "/ir", self.dir + "/context"]
        return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              check=False, encoding="utf-8", errors="replace")

    def build_with_fault(self, n, number):
        """The finished process, and the name of the call that failed or how many there were."""
        report = self.dir + "/report"
        shutil.rmtree(self.store, ignore_errors=True)
        done = self.build(self.args.kind + ":" + self.store,
                          [self.args.inject, str(n), str(number), report])
        if done.returncode == 125:
            print("skipped: " + done.stderr.strip())
            sys.exit(77)
        with open(report) as f:
            return done, f.read().strip()

    def check_failure(self, done):
        if done.returncode == 0:
            if done.stdout != self.keys:
                raise Wrong("it succeeded and printed " + done.stdout)
        elif done.returncode == 127 and LOADER in done.stderr:
            pass
        elif done.returncode not in (1, 3) or not done.stderr.strip():
            raise Wrong("status %d" % done.returncode)

    def check_recovery(self):
        done = self.build(self.args.kind + ":" + self.store)
        if done.returncode != 0 or done.stdout != self.keys:
            raise Wrong("the next build: status %d\n%s" % (done.returncode, done.stderr))
        audit.check_nothing_left(self.store, self.temporary, self.mounts)
        for key in self.keys.split():
            if len(key) == 64:
                audit.check_same(self.store, key, self.reference, self.dir + "/room")

    def fail_call(self, n):
        number = self.r.choice(ERRORS)
        done, name = self.build_with_fault(n, number)
        try:
            self.check_failure(done)
            self.check_recovery()
        except Wrong as e:
            raise Wrong("call %d (%s) fails with %s: %s\n%s" % (
                n, name, errno.errorcode[number], e, done.stderr)) from None
        return done.returncode, name

    def fail_each(self):
        done, count = self.build_with_fault(0, 0)
        if done.returncode != 0:
            raise Wrong("without a fault: status %d\n%s" % (done.returncode, done.stderr))
        first = 1 + self.r.randrange(self.args.every)
        ends = collections.Counter(self.fail_call(n)[0]
                                   for n in range(first, int(count) + 1, self.args.every))
        print("%s: %s calls, %d made to fail: %s" % (
            self.args.kind, count, sum(ends.values()),
            ", ".join("status %d %d times" % e for e in sorted(ends.items()))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    for name in ("inject", "obexec", "kind", "directory"):
        parser.add_argument(name)
    try:
        Fault(parser.parse_args()).fail_each()
    except Wrong as e:
        sys.exit("failed: %s" % e)


if __name__ == "__main__":
    main()
