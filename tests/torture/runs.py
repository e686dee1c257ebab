# SPDX-License-Identifier: Apache-2.0
"""Running programs of obkit: starts them, reaps every process of this pid namespace, of which we
are pid 1, and kills at random. A run is *hurt* if we sent a signal to one of its processes; a run
that is not must succeed."""
import json
import os
import random
import signal
import time

KILLED = {signal.SIGKILL: 8, signal.SIGTERM: 1, signal.SIGINT: 1}


class Wrong(Exception):
    """Something that must hold does not."""


def parent_of(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def other_processes():
    """All in this namespace but ourselves."""
    return [int(p) for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]


class Run:
    def __init__(self, argv, where, may_fail=(), limit=60):
        self.argv, self.may_fail = argv, may_fail
        self.out, self.err = where + ".out", where + ".err"
        self.hurt, self.status = False, None
        self.builds = ()  # stages, or a spec
        self.end_by = time.monotonic() + limit
        self.pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, self.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, self.err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)])

    def read(self, path):
        with open(path, errors="replace") as f:
            return f.read()

    def events(self):
        """What a build has said; warnings and what other commands say are no events."""
        return [json.loads(line) for line in self.read(self.err).splitlines() if line[:1] == "{"]

    def wrong(self, what):
        tail = self.read(self.err)[-3000:]
        return Wrong("%s: %s\n%s" % (" ".join(self.argv), what, tail))

    def check(self):
        """Its status is one that it may have."""
        if self.status == 0 or self.status in self.may_fail:
            return
        allowed = [1, 3, 130] + [-s for s in KILLED]
        if not self.hurt or self.status not in allowed:
            raise self.wrong("status %d, %shurt" % (self.status, "" if self.hurt else "not "))


class Runs:
    def __init__(self):
        self.by_pid = {}

    def start(self, *args, **options):
        run = Run(*args, **options)
        self.by_pid[run.pid] = run
        return run

    def reap(self):
        """Those that have ended since. Orphans are reaped as well."""
        ended = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid in self.by_pid:
                run = self.by_pid.pop(pid)
                run.status = os.waitstatus_to_exitcode(status)
                ended.append(run)
        now = time.monotonic()
        for run in self.by_pid.values():
            if now > run.end_by:
                raise run.wrong("does not end")
        return ended

    def wait(self, run):
        while run.status is None:
            time.sleep(.002)
            self.reap()
        run.check()
        return run.read(run.out)

    def call(self, argv, where, **options):
        """Runs one command that must succeed; its output."""
        return self.wait(self.start(argv, where, **options))

    def owner(self, pid):
        while pid > 1 and pid not in self.by_pid:
            pid = parent_of(pid)
        return self.by_pid.get(pid)

    def signal(self, pid, number):
        run = self.owner(pid)
        if run:
            run.hurt = True
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    def hurt_one(self, r):
        """A random signal to a random process: an obexec, a worker, a sandbox's pid 1, a step."""
        pids = other_processes()
        if pids:
            number = random.Random(r.random()).choices(list(KILLED), KILLED.values())[0]
            self.signal(r.choice(pids), number)

    def end_all(self):
        for run in list(self.by_pid.values()):
            self.signal(run.pid, signal.SIGKILL)
        end_by = time.monotonic() + 10
        while other_processes():
            self.reap()
            if time.monotonic() > end_by:
                raise Wrong("processes are left: %s" % [command_of(p) for p in other_processes()])
            time.sleep(.002)
        self.by_pid.clear()


def command_of(pid):
    try:
        with open("/proc/%d/cmdline" % pid) as f:
            return f.read().replace("\0", " ").strip() or str(pid)
    except OSError:
        return str(pid)
