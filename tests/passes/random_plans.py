# SPDX-License-Identifier: Apache-2.0
"""Random chains of steps on the base and the context of world.sh, made to get in each other's way,
which must build the same at -O0 and -O2. One number gives one plan, always the same:
random_plans.py BASE CONTEXT TMP FIRST COUNT"""
import json
import os
import random
import sys

import differ
import ir

SOURCES = ["a", "b", "d1", "loop", "link", "d1/a", "d1/s", "d3/a", "etc", "etc/passwd"] * 4 + [
    "d2", "d3", "dirlink", "d2/a", "d3/s", "d*", "[ab]", "*.none", ".", "missing"]
MADE = ["/", "/etc"] * 6 + ["/d", "/d/a", "/l", "/real", "/n", "/f"]
DIRS = ["/d", "/l", "/d/loop", "/n", "/n/m", "/real", "/etc", "/", "/l/../d"] * 8 + [
    "/d/loop/loop", "/d/s", "/n/a", "/gone", "/f"]
OWNERS = [""] * 20 + ["1:2"] * 9 + ["7"] * 6 + ["me"] * 4 + ["nobody"]
# Of 100 plans at least so many build, fail to, or are changed by a pass: a third of what is usual.
# With fewer, the comparisons say nothing.
LEAST = {"builds": 20, "fails": 12, "reach": 7, "fold": 10, "share": 7, "drop-noops": 15,
         "merge-copies": 9}
COMMANDS = ["rm -rf /n; ln -s d /n", "rm -rf /d/loop; mkdir /d/loop",
            "mkdir -p /n/m; echo x >/n/m/x", "rm -f /l; ln -s real /l", "chmod 700 /n /d; true",
            "rm -rf /d; mkdir /d; ln -s /real /d/s"]


def late(r, s):
    """The same text, now and then as what has to be evaluated."""
    if r.random() < 0.9:
        return s
    return r.choice([{"late": [{"env": "NOTHING"}] + [s] * (s != "")},
                     {"late": [{"expand": "+", "of": {"late": [{"env": "PATH"}]}, "word": s}]}])


def copy(r, n):
    op = {"style": r.choice(["dockerfile"] * 3 + ["spec"]), "from": "context"}
    step = {"kind": "copy", "op": op}
    sources = SOURCES
    if r.random() < 0.2:
        op["from"], sources, step["reads"] = "step", MADE, [r.randrange(n)]
    if op["style"] == "spec":
        sources = [s for s in sources if not set(s) & set("*[")]
    op["src"] = [late(r, r.choice(sources)) for _ in range(r.choice([1, 1, 1, 2, 3]))]
    slash = len(op["src"]) > 1 or r.random() < 0.85
    op["dst"] = late(r, r.choice(DIRS).rstrip("/") + ("/" if slash else "") or "/")
    op["owner"] = late(r, r.choice(OWNERS))
    if r.random() < 0.15:
        op["chmod"] = r.choice(["700", "u+s,go=r", "4711"])
    if r.random() < 0.1:
        op["exclude"] = [r.choice(["a", "s", "d1/a"])]
    if r.random() < 0.15:
        op["epoch"] = "5"
    if r.random() < 0.15:
        op["parents"] = op["style"] == "dockerfile"
    return step


def mkdir(r, _):
    op = {"path": late(r, r.choice(DIRS)), "owner": late(r, r.choice(OWNERS))}
    if r.random() < 0.15:
        op["epoch"] = "5"
    return {"kind": "mkdir", "op": op}


def file(r, _):
    names = r.sample(["a", "s", "m", "loop"], r.choice([1, 1, 2]))
    files = [{"name": n, "content": "text\n"} for n in names]
    return {"kind": "file", "op": {"files": files, "dst": r.choice(DIRS) + r.choice(["", "/", "/"]),
                                   "owner": r.choice(OWNERS)}}


def run(r, _):
    return {"kind": "run", "op": {"shell": "base", "command": r.choice(COMMANDS)}}


def again(r, steps):
    """A step like the one before, as what is next to each other should often fit."""
    step = json.loads(json.dumps(steps[-1]))
    step.pop("parent", None)
    if step["kind"] == "copy" and "reads" not in step:
        step["op"]["src"] = [r.choice([s for s in SOURCES if not set(s) & set("*[")])]
    if step["kind"] == "mkdir" and isinstance(step["op"]["path"], str):
        step["op"]["path"] = step["op"]["path"].rstrip("/") + r.choice(["", "/m"]) or "/"
    return step


def twin(steps, i):
    """The same step on the same step."""
    return json.loads(json.dumps({"parent": i - 1, **steps[i]}))


def plan(seed):
    r = random.Random(seed)
    has_commands = r.random() < 0.6
    steps = [{"kind": "from", "op": {"image": "busybox"}} if has_commands or r.random() < 0.3
             else {"kind": "scratch", "op": {}}]
    makers = [copy] * 5 + [mkdir] * 4 + [file] + [run] * has_commands
    for _ in range(r.randrange(2, 9)):
        can_repeat = steps[-1]["kind"] in ("copy", "mkdir")
        step = (again(r, steps) if can_repeat and r.random() < 0.5
                else r.choice(makers)(r, len(steps)))
        if r.random() < 0.1:  # a branch, and often the same one
            step["parent"] = r.randrange(len(steps))
        steps.append(step)
    targets = {len(steps) - 1}
    if r.random() < 0.5:
        targets.add(r.randrange(len(steps)))
    if r.random() < 0.2:
        i = r.randrange(1, len(steps))
        targets |= {i, len(steps)}
        steps.append(twin(steps, i))
    for i, s in enumerate(steps):
        s["meta"] = {"source": 0, "line": i + 1, "heading": s["kind"]}
    return json.dumps(ir.document(steps, sorted(targets)))


def too_few(seen, count):
    """Lines on what was seen too seldom; fewer than 100 plans don't tell."""
    return ["only %d of %d plans: %s" % (n, count, what) for what, n in seen.items()
            if count >= 100 and n * 100 < LEAST[what] * count]


def main(base, context, tmp, first, count):
    stores = [differ.Store(os.path.join(tmp, "random-%d-%d" % (first, level)), base, context)
              for level in (0, 2)]
    bad = 0
    seen = dict.fromkeys(LEAST, 0)
    for seed in range(first, first + count):
        plain = plan(seed)
        better, explain = differ.optimize(plain, 2)
        lines, status = differ.compare(stores[0], plain, stores[1], better)
        for what in {"fails" if status else "builds"} | {e.split(":")[0]
                                                        for e in explain.splitlines()}:
            seen[what] += 1
        if lines:
            print("plan %d:" % seed, explain, plain, *lines, sep="\n")
            bad += 1
    print("plans %d to %d: %d differ;" % (first, first + count - 1, bad), seen)
    lines = too_few(seen, count)
    for line in lines:
        print(line)
    return bad > 0 or bool(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))
