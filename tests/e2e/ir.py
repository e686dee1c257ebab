# SPDX-License-Identifier: Apache-2.0
"""Makes an IR of a list of steps from standard input: for what no front end says yet, or ever. A
step is {"kind": …, "op": …} and, where it has them, "reads", "parent" and "meta"; without "parent"
it stands on the step before. The last step is the target, unless the list is in an object with
"steps" and "targets", and "stages" if there are some: lists of steps."""
import json
import os
import sys


def definition_of_ids():
    """The definition of ids is a program of its own, which ends when it is given no file."""
    names, argv = {}, sys.argv
    here = os.path.dirname(os.path.abspath(__file__))
    try:
        sys.argv = ["ids.py"]
        with open(os.path.join(here, "..", "golden", "ids.py"), encoding="utf-8") as f:
            exec(f.read(), names)
    except SystemExit:
        pass
    sys.argv = argv
    return names


IDS = definition_of_ids()


def id_of(step, known):
    string, number, sha256 = IDS["string"], IDS["number"], IDS["sha256"]
    op = sha256(string("obkit-op 1") + string(step["kind"]) +
                IDS["fields"](IDS["FIELDS"][step["kind"]], step["op"]))
    above = [step["parent"]] if "parent" in step else []
    reads = step.get("reads", [])
    return sha256(string("obkit-step 1") + op +
                  number(b"n", len(above)) + b"".join(known[n] for n in above) +
                  number(b"n", len(reads)) + b"".join(known[n] for n in reads))


def document(steps, targets=None, stages=()):
    known = []
    for i, s in enumerate(steps):
        if s["kind"] not in ("from", "scratch"):
            s.setdefault("parent", i - 1)
        known.append(id_of(s, known))
        s["id"] = known[i].hex()
        s.setdefault("meta", {"heading": s["kind"]})
    ends = [len(steps) - 1] if targets is None else targets
    return {"obir": 1, "sources": [{"path": "steps", "sha256": "0" * 64}], "steps": steps,
            "stages": [{"name": "s%d" % n, "step": n, "config": {}} for n in stages],
            "targets": [{"name": "last" if len(ends) == 1 else "t%d" % n, "step": n}
                        for n in ends]}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    if isinstance(given, list):
        given = {"steps": given}
    json.dump(document(given["steps"], given.get("targets"), given.get("stages", ())), sys.stdout)
