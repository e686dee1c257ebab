# SPDX-License-Identifier: Apache-2.0
"""Compiles all files of each repository in the corpus to one graph and counts how many steps are
left when all equal beginnings are one: by comparing what the steps are, and not by their ids. The
passes must leave as many. sharing.py SPEC2IR DOCKERFILES REFERENCE SPECS"""
import collections
import json
import os
import subprocess
import sys


def graph(spec2ir, level, files):
    r = subprocess.run([spec2ir, "-O%d" % level] + files, capture_output=True, check=False,
                       stdin=subprocess.DEVNULL)
    return json.loads(r.stdout) if r.returncode == 0 else None


def needed(ir):
    """Steps that a target is built from."""
    todo, found = [t["step"] for t in ir["targets"]], set()
    while todo:
        n = todo.pop()
        if n not in found:
            found.add(n)
            step = ir["steps"][n]
            todo += step.get("reads", []) + ([step["parent"]] if "parent" in step else [])
    return found


def count_distinct(ir):
    """How many different steps on different grounds there are: two are one if they say the same
    and stand on, and read, what is one."""
    known, number = {}, []
    for s in ir["steps"]:
        what = (s["kind"], json.dumps(s["op"], sort_keys=True),
                number[s["parent"]] if "parent" in s else None,
                tuple(number[n] for n in s.get("reads", [])))
        number.append(known.setdefault(what, len(known)))
    return len({number[n] for n in needed(ir)})


def repositories(dockerfiles, reference, specs):
    """{name: its files}; those of specs are in a directory of this name, at any depth."""
    found = collections.defaultdict(list)
    with open(reference, encoding="utf-8") as f:
        for line in f:
            ref = json.loads(line)
            found[ref["origin"].split("/")[0]].append(
                os.path.join(dockerfiles, ref["sha"] + ".Dockerfile"))
    for top, _, files in os.walk(specs):
        name = (os.path.relpath(top, specs).split("/") + [""])[1]
        found[name] += [os.path.join(top, n) for n in files if n.endswith(".spec")]
    return {name: sorted(files) for name, files in sorted(found.items()) if files}


def main(spec2ir, dockerfiles, reference, specs):
    total, bad = [0] * 4, 0
    row = "%-40s %6s %6s %6s %7s"
    print(row % ("repository", "files", "steps", "left", "shared"))
    for name, files in repositories(dockerfiles, reference, specs).items():
        files = [f for f in files if graph(spec2ir, 0, [f])]
        if not files:
            continue
        plain, left = graph(spec2ir, 0, files), len(graph(spec2ir, 1, files)["steps"])
        numbers = [len(files), len(needed(plain)), left]
        want = count_distinct(plain)
        if want != left:
            print("%s: %d steps are left, and %d are different" % (name, left, want))
            bad += 1
        total = [a + b for a, b in zip(total, numbers)]
        print(row % (name[:40], *numbers, "%d %%" % round(100 - 100 * left / numbers[1])))
    print(row % ("all", *total[:3], "%d %%" % round(100 - 100 * total[2] / max(total[1], 1))))
    return bad > 0 or total[0] == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
