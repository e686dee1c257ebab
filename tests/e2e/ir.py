# SPDX-License-Identifier: Apache-2.0
"""Makes an IR of a list of steps from standard input: for what no front end says yet, or ever. A
step is {"kind": …, "op": …} and, where it has them, "reads", "parent" and "meta"; without "parent"
it stands on the step before. The last step is the target, unless the list is in an object with
"steps" and "targets", and "stages" if there are some: lists of steps."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import ids  # the definition of ids and needs, in Python


def document(steps, targets=None, stages=()):
    known = []
    for i, s in enumerate(steps):
        if s["kind"] not in ("from", "scratch"):
            s.setdefault("parent", i - 1)
        known.append(ids.id_of(s, known))
        s["id"] = known[i].hex()
        s.setdefault("meta", {"heading": s["kind"]})
    ends = [len(steps) - 1] if targets is None else targets
    doc = {"obir": 1, "sources": [{"path": "steps", "sha256": "0" * 64}], "steps": steps,
           "stages": [{"name": "s%d" % n, "step": n, "config": {}} for n in stages],
           "targets": [{"name": "last" if len(ends) == 1 else "t%d" % n, "step": n} for n in ends]}
    return {**doc, "needs": ids.needs(doc)}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    if isinstance(given, list):
        given = {"steps": given}
    json.dump(document(given["steps"], given.get("targets"), given.get("stages", ())), sys.stdout)
