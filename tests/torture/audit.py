# SPDX-License-Identifier: Apache-2.0
"""What a store must be like when nobody uses it any more: nothing is left over, the index agrees
with the disk, every result is what a clean build makes."""
import contextlib
import fcntl
import os
import sqlite3
import subprocess
import sys
import tempfile

from runs import Wrong

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import tree  # prints trees for the end-to-end tests


def results(store):
    return set(os.listdir(store + "/result"))


@contextlib.contextmanager
def mounted(store, key, room):
    """The root filesystem of a result, read-only."""
    own = "%s/result/%s/fs" % (store, key)
    try:
        with open("%s/result/%s/chain" % (store, key)) as f:
            lowers = [own] + ["%s/result/%s/fs" % (store, k) for k in f.read().split()]
    except FileNotFoundError:  # the store that copies
        yield own
        return
    os.makedirs(room + "/root", exist_ok=True)
    os.makedirs(room + "/none", exist_ok=True)
    with tempfile.TemporaryDirectory(dir=room) as links:  # short names: all must fit in a page
        for i, lower in enumerate(lowers + [room + "/none"]):
            os.symlink(lower, "%s/%d" % (links, i))
        options = "ro,lowerdir=" + ":".join(map(str, range(len(lowers) + 1)))
        subprocess.run(["mount", "-t", "overlay", "-o", options, "overlay", room + "/root"], cwd=links,
                       check=True)
    try:
        yield room + "/root"
    finally:
        subprocess.run(["umount", room + "/root"], check=True)


def tree_of(store, key, room):
    with mounted(store, key, room) as top:
        return {line.replace(top, ".") for line in tree.tree(os.fsencode(top)).values()}


def check_same(store, key, reference, room):
    differ = tree_of(store, key, room) ^ tree_of(reference, key, room)
    if differ:
        raise Wrong("result %s is not what a clean build makes:\n%s" % (key, "\n".join(sorted(differ))))


def check_index(store):
    with contextlib.closing(sqlite3.connect("file:%s/state/index.db?mode=ro" % store, uri=True)) as db:
        rows = {key for key, in db.execute("SELECT key FROM results")}
    for key in results(store) ^ rows:
        what = "a row and no result" if key in rows else "a result and no row"
        raise Wrong("the index disagrees with the disk: %s has %s" % (key, what))


def left_in(directory):
    return ["%s/%s" % (directory, n) for n in os.listdir(directory)] if os.path.isdir(directory) else []


def locks_on(store):
    """Lines of /proc/locks about files of the store."""
    inodes = set()
    for top, dirs, files in os.walk(store):
        dirs[:] = [d for d in dirs if d != "result"]
        for name in [".", *files]:
            st = os.lstat(os.path.join(top, name))
            inodes.add("%02x:%02x:%d" % (os.major(st.st_dev), os.minor(st.st_dev), st.st_ino))
    with open("/proc/locks") as f:
        return [line.strip() for line in f if inodes & set(line.split())]


def mounts():
    with open("/proc/self/mountinfo") as f:
        return {line.split(" ", 1)[1] for line in f}


def cgroups():
    """Those of steps whose worker, which has them locked, is dead."""
    for top, dirs, _ in os.walk("/sys/fs/cgroup"):
        for name in dirs:
            path = os.path.join(top, name)
            if name.startswith("obkit-step-") and can_lock(path):
                yield path


def can_lock(path):
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(fd)


def check_nothing_left(store, temporary, mounts_before):
    left = left_in(store + "/tmp") + left_in(store + "/state/cache/trees/tmp") + left_in(store + "/state/scratch") + left_in(temporary)
    left += [n for n in left_in(store + "/state/log") if n.endswith(".part")]
    left += locks_on(store)
    left += cgroups()
    left += mounts() - mounts_before
    if left:
        raise Wrong("left over:\n" + "\n".join(left))
