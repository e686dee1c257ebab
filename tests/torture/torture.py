# SPDX-License-Identifier: Apache-2.0
"""Torture of obexec: rounds of a few seconds, each with a random graph of its own.

In most rounds eight programs at a time use one store: builds of random parts of the graph, `ls`,
`delete`; and random processes are killed. In every third round nothing is killed, and each step
must be built exactly once. After a round the store is audited (audit.py) against a clean build.

    torture.py [--seed=N] [--seconds=N] DIRECTORY

The directory should be on a tmpfs. We must be pid 1 of a pid namespace (run.sh sees to it)."""
import argparse
import os
import random
import re
import shutil
import signal
import sys
import time

import audit
import graphs
from runs import Runs, Wrong

PROCESSES = 8
STAGES = 40
ROUND_SECONDS = 4
LIMITS = ["--memory=1g", "--pids=300"]
PAUSE = .04  # between two signals, on average


class Round:
    def __init__(self, directory, kind, seed):
        self.dir, self.seed = directory, seed
        self.r = random.Random(seed)
        self.runs = Runs()
        self.store_dir, self.reference = directory + "/store", directory + "/reference"
        self.store = kind + ":" + self.store_dir
        self.temporary = os.environ["TMPDIR"] = directory + "/tmp"
        for d in (self.temporary, directory + "/out", directory + "/room"):
            os.makedirs(d)
        self.n_started, self.n_hurt, self.removing = 0, 0, None
        self.stages = graphs.write(self.r, STAGES, directory + "/context")
        self.call("spec2ir", "-O0", "-o", directory + "/ir", directory + "/context/Dockerfile")
        self.specs = ["%s/spec%d" % (directory, n) for n in range(graphs.N_SPECS)]
        for n, ir in enumerate(self.specs):
            self.call("spec2ir", "-o", ir, "%s/context/spec%d" % (directory, n))
        self.keys = self.build_reference()
        self.limits = LIMITS if self.can_limit() else []

    def where(self):
        self.n_started += 1
        return "%s/out/%d" % (self.dir, self.n_started)

    def call(self, *argv):
        return self.runs.call(list(argv), self.where())

    def build_argv(self, store, ir, stages, jobs):
        return ["obexec", "--store=" + store, "--progress=json", "-j%d" % jobs,
                "--build-context=busybox=dir:" + self.dir + "/base",
                "--secret=id=key,src=" + self.dir + "/context/secret",
                *("--target=" + s for s in stages), ir, self.dir + "/context"]

    def build_reference(self):
        """A clean build of all; {stage or spec: key}. The store that copies is the simplest."""
        store = "copy:" + self.reference
        out = self.call(*self.build_argv(store, self.dir + "/ir", self.stages, 2))
        keys = {name: key for key, name in (line.split() for line in out.splitlines())}
        for spec in self.specs:
            keys[spec] = self.call(*self.build_argv(store, spec, [], 2)).strip()
        return keys

    def can_limit(self):
        argv = self.build_argv("copy:" + self.reference, self.dir + "/ir", ["s0"], 1)
        run = self.runs.start(argv + LIMITS, self.where(), may_fail=(2, 3))
        self.runs.wait(run)
        return run.status == 0

    def start_build(self, ir, stages):
        argv = self.build_argv(self.store, ir, stages, self.r.randrange(1, 5))
        if self.r.random() < .3:
            argv += self.limits
        run = self.runs.start(argv, self.where())
        run.builds = stages or [ir]
        return run

    def start_stages(self, n):
        return self.start_build(self.dir + "/ir", self.r.sample(self.stages, n))

    def start_something(self):
        what = self.r.random()
        if what < .9 or not os.path.isdir(self.store_dir + "/state"):
            if self.r.random() < .2:
                return self.start_build(self.r.choice(self.specs), [])
            return self.start_stages(self.r.randrange(1, 5))
        if what < .99:
            # --all: what is not in use; builds go on meanwhile.
            argv = self.r.choice([["ls"], ["du"], ["cache", "ls"], ["prune", "--all", "--max=9"],
                                  ["prune", "--all"], ["prune", "--keep-bytes=5M"]])
            return self.runs.start(["obexec", *argv, "--store=" + self.store], self.where())
        return self.start_removing()

    def start_removing(self):
        """Who removes waits until nobody uses the store, so nothing else is started meanwhile."""
        key = self.keys[self.r.choice(self.stages)]
        argv = self.r.choice([["clean"], ["delete", key], ["delete", key]])
        self.removing = self.runs.start(["obexec", argv[0], "--store=" + self.store, *argv[1:]],
                                        self.where(), may_fail=(1,) if argv[0] == "delete" else ())
        return self.removing

    def ended(self, run):
        if run.status != 1 or not failed_with_another(run):
            run.check()
        self.n_hurt += run.hurt
        if run is self.removing:
            self.removing = None
        if run.status == 0 and run.builds:
            self.check_keys(run)
            for path in (run.out, run.err):
                os.unlink(path)

    def check_keys(self, run):
        """What a build printed is what the clean one did."""
        lines = run.read(run.out).split("\n")[:-1]
        want = [self.keys[b] + (" " + b if len(run.builds) > 1 else "") for b in run.builds]
        if lines != want:
            raise run.wrong("it printed %s, not %s" % (lines, want))

    def torment(self, seconds):
        end, next_signal = time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < end:
            for run in self.runs.reap():
                self.ended(run)
            while len(self.runs.by_pid) < PROCESSES and not self.removing:
                self.start_something()
            if time.monotonic() > next_signal:
                self.runs.hurt_one(self.r)
                next_signal += self.r.expovariate(1 / PAUSE)
            time.sleep(.002)
        self.runs.end_all()

    def build_once(self):
        """Many builds at once and no signals: each key is built by exactly one."""
        runs = [self.start_stages(n) for n in [STAGES] + [STAGES // 2] * (PROCESSES - 2)]
        runs += [self.start_build(spec, []) for spec in self.specs + self.specs]
        built = []
        for run in runs:
            self.runs.wait(run)
            built += [e["key"] for e in run.events() if e["event"] == "done"]
            self.check_keys(run)
        twice = {key for key in built if built.count(key) > 1}
        if twice:
            raise Wrong("built more than once: %s" % twice)
        if set(built) != audit.results(self.reference):
            raise Wrong("built %d results of %d" % (len(built), len(audit.results(self.reference))))

    def audit(self, mounts):
        self.call(*self.build_argv(self.store, self.dir + "/ir", ["s0"], 1), *self.limits)
        out = self.call("obexec", "ls", "--store=" + self.store)
        audit.check_nothing_left(self.store_dir, self.temporary, mounts)
        audit.check_index(self.store_dir)
        found = audit.results(self.store_dir)
        if len(out.splitlines()) != len(found):
            raise Wrong("ls lists %d results of %d" % (len(out.splitlines()), len(found)))
        for key in found:
            audit.check_same(self.store_dir, key, self.reference, self.dir + "/room")
        return len(found)


def failed_with_another(run):
    """Whether a build waited for a step of another one, which failed by a signal."""
    events = run.events()
    waited = {e["step"] for e in events if e["event"] == "wait"}
    failed = [e for e in events if e["event"] == "failed"]
    by_signal = re.compile(r"exit status (129|130|137|143)$|signal")
    return bool(failed) and all(e["step"] in waited and by_signal.search(e["text"]) for e in failed)


def make_base(directory):
    for name in ("bin", "etc", "tmp"):
        os.makedirs(directory + "/" + name)
    shutil.copy("/bin/busybox", directory + "/bin/busybox")
    for name in "sh cat chmod dd echo ls mv find kill ln mkdir mkfifo rm setsid sleep sort tail tee test tr wc".split():
        os.symlink("busybox", directory + "/bin/" + name)


def one_round(directory, kind, seed, kills):
    mounts = audit.mounts()
    os.mkdir(directory)
    make_base(directory + "/base")
    round_ = Round(directory, kind, seed)
    try:
        if kills:
            round_.torment(ROUND_SECONDS)
        else:
            round_.build_once()
        n = round_.audit(mounts)
    finally:
        round_.runs.end_all()
    print("%-9s seed %d: %s, %d runs, %d hurt, %d results are right" % (
        kind, seed, "killed" if kills else "in peace", round_.n_started, round_.n_hurt, n), flush=True)
    shutil.rmtree(directory)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("directory")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    end, n = time.monotonic() + args.seconds, 0
    while n < 3 or time.monotonic() < end:
        kind = ("overlayfs", "copy")[n % 2]
        try:
            one_round("%s/%d" % (args.directory, n), kind, args.seed + n, kills=n % 3 < 2)
        except Wrong as e:
            print("failed: %s store, seed %d (TORTURE_SEED=%d)\n%s" % (kind, args.seed + n, args.seed, e))
            return 1
        n += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
