# SPDX-License-Identifier: Apache-2.0
"""Makes an IR of a list of steps from standard input: for what no front end says yet, or ever. A
step is {"kind": …, "op": …} and, where it has them, "reads" and "parent"; without "parent" it
stands on the step before. The last step is the target."""
import json
import os
import sys

# The definition of ids is a program of its own, which ends when it is given no file.
ids = {}
here = os.path.dirname(os.path.abspath(__file__))
sys.argv = ["ids.py"]
try:
    with open(os.path.join(here, "..", "golden", "ids.py"), encoding="utf-8") as f:
        exec(f.read(), ids)
except SystemExit:
    pass


def id_of(step, known):
    string, number = ids["string"], ids["number"]
    op = ids["sha256"](string("obkit-op 1") + string(step["kind"]) +
                       ids["fields"](ids["FIELDS"][step["kind"]], step["op"]))
    above = [step["parent"]] if "parent" in step else []
    reads = step.get("reads", [])
    return ids["sha256"](string("obkit-step 1") + op +
                         number(b"n", len(above)) + b"".join(known[n] for n in above) +
                         number(b"n", len(reads)) + b"".join(known[n] for n in reads))


steps, known = json.load(sys.stdin), []
for i, s in enumerate(steps):
    if s["kind"] not in ("from", "scratch"):
        s.setdefault("parent", i - 1)
    known.append(id_of(s, known))
    s["id"] = known[i].hex()
    s["meta"] = {"heading": s["kind"]}
doc = {"obir": 1, "sources": [], "steps": steps, "stages": [],
       "targets": [{"name": "last", "step": len(steps) - 1}]}
json.dump({**doc, "needs": ids["needs"](doc)}, sys.stdout)
