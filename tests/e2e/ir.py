# SPDX-License-Identifier: Apache-2.0
"""Makes an IR of a list of steps from standard input: for what no front end says yet, or ever. A
step is {"kind": …, "op": …} and, where it has them, "reads" and "parent"; without "parent" it
stands on the step before. The last step is the target."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import ids  # the definition of ids and needs, in Python

steps, known = json.load(sys.stdin), []
for i, s in enumerate(steps):
    if s["kind"] not in ("from", "scratch"):
        s.setdefault("parent", i - 1)
    known.append(ids.id_of(s, known))
    s["id"] = known[i].hex()
    s["meta"] = {"heading": s["kind"]}
doc = {"obir": 1, "sources": [], "steps": steps, "stages": [],
       "targets": [{"name": "last", "step": len(steps) - 1}]}
json.dump({**doc, "needs": ids.needs(doc)}, sys.stdout)
