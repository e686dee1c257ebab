# SPDX-License-Identifier: Apache-2.0
"""Builds a graph as it was compiled and as the passes leave it, each on a store of its own, and
compares what comes out: names, types, modes, owners, links of both kinds, contents, attributes,
device numbers; times where they are not those of the build; and whether the build fails. Needs
root and a private mount namespace."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import ir
import tree

NEW = 1_000_000_000  # times from here on are those of the build: all others are set before it


def time_if_old(st):
    return " %d" % st.st_mtime if st.st_mtime < NEW else " new"


class Store:
    """A store on which graphs are built one after the other."""

    def __init__(self, path, base, context):
        self.path, self.base, self.context = path, base, context
        self.mount_point = path + ".mnt"
        self.empty = path + ".empty"
        os.makedirs(self.mount_point)
        os.makedirs(self.empty)

    def build(self, graph):
        """Exit status, ids of the targets, and what was said."""
        with open(self.path + ".json", "w", encoding="utf-8") as f:
            f.write(graph)
        r = subprocess.run(["obexec", "--store=overlayfs:" + self.path, "--progress=plain",
                            "--build-context=busybox=dir:" + self.base,
                            self.path + ".json", self.context],
                           capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        return r.returncode, [line.split()[0] for line in r.stdout.splitlines()], r.stderr

    def describe(self, key):
        result = os.path.join(self.path, "result", key)
        with open(os.path.join(result, "chain"), encoding="ascii") as f:
            below = [os.path.join(self.path, "result", k.strip(), "fs") for k in f]
        layers = ":".join([os.path.join(result, "fs")] + below + [self.empty])
        subprocess.run(["mount", "-t", "overlay", "-o", "ro,lowerdir=" + layers, "overlay",
                        self.mount_point], check=True)
        try:
            return tree.tree(os.fsencode(self.mount_point), time_if_old)
        finally:
            subprocess.run(["umount", self.mount_point], check=True)


def optimize(graph, level):
    """The graph as the passes leave it, and what they say of it."""
    r = subprocess.run(["tests/passes/optimize", str(level)], input=graph, capture_output=True,
                       text=True, check=True)
    return r.stdout, r.stderr


def differences(one, other):
    """Lines that say where two descriptions differ."""
    lines = []
    for path in sorted(one.keys() | other.keys()):
        a, b = one.get(path), other.get(path)
        if a != b:
            lines.append("  %s, optimized: %s" % (a, b))
    return lines


def compare(plain_store, plain, store, optimized):
    """What differs between two builds: an empty list if nothing does. And how the first ends."""
    status, ids, said = plain_store.build(plain)
    new_status, new_ids, new_said = store.build(optimized)
    lines = []
    if status not in (0, 1):
        lines += ["  the build itself does not work:", said]
    elif status != new_status:
        lines += ["  exit status %d, optimized: %d" % (status, new_status), said, new_said]
    elif len(ids) != len(new_ids):
        lines += ["  %d results, optimized: %d" % (len(ids), len(new_ids))]
    for i, new in zip(ids, new_ids):
        lines += differences(plain_store.describe(i), store.describe(new))
    return lines, status


def compiled(case):
    """The graph of a case, not optimized."""
    steps = os.path.join(case, "steps.json")
    if os.path.exists(steps):
        with open(steps, encoding="utf-8") as f:
            given = json.load(f)
        for i, s in enumerate(given["steps"]):
            s.setdefault("meta", {"source": 0, "line": i + 1, "heading": s["kind"]})
        return json.dumps(ir.document(given["steps"], given.get("targets"),
                                      given.get("stages", ())))
    sources = [os.path.relpath(os.path.join(case, n)) for n in sorted(os.listdir(case))
               if n.startswith("Dockerfile") or n == "spec"]
    return subprocess.run(["spec2ir", "-O0"] + sources, capture_output=True, text=True,
                          check=True).stdout


def check_case(case, stores, update):
    plain = compiled(case)
    said = []
    lines = []
    for level in (1, 2):
        optimized, explain = optimize(plain, level)
        different, status = compare(stores[0], plain, stores[level], optimized)
        lines += different
        said.append("-O%d: exit status %d\n%s" %
                    (level, status, explain.replace(os.path.relpath(case) + "/", "")))
    if update:
        with open(os.path.join(case, "explain"), "w", encoding="utf-8") as f:
            f.write("".join(said))
    with open(os.path.join(case, "explain"), encoding="utf-8") as f:
        want = f.read()
    if want != "".join(said):
        lines += ["  the passes should say:", want, "  and say:", "".join(said)]
    return lines


def main(base, context, tmp, update, cases):
    bad = 0
    for case in cases:
        name = os.path.basename(case)
        stores = [Store(os.path.join(tmp, "%s-%d" % (name, level)), base, context)
                  for level in range(3)]
        lines = check_case(case, stores, update)
        if lines:
            print("%s:" % name, *lines, sep="\n")
            bad += 1
    print("%d cases, %d differ" % (len(cases), bad))
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "update", sys.argv[5:]))
