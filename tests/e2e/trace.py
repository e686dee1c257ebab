"""Checks that a file is a trace of one build: trace.py FILE. Each row's spans lie side by side or in
each other, all of them within the build. Prints the ends of the steps in the order of the graph."""
import json
import sys

events = json.load(open(sys.argv[1]))
assert isinstance(events, list)
assert all(e["pid"] == 1 and isinstance(e["tid"], int) for e in events)
spans = [e for e in events if e["ph"] == "X"]
builds = [e for e in spans if e["name"] == "build"]
assert len(builds) == 1 and builds[0]["tid"] == 0 and builds[0]["ts"] == 0, builds
for e in spans:
    assert e["ts"] >= 0 and e["dur"] >= 0 and e["ts"] + e["dur"] <= builds[0]["dur"], e
named = {e["tid"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
assert named == {e["tid"] for e in events}, named

for row in named:
    open_spans = []
    for e in sorted((e for e in spans if e["tid"] == row), key=lambda e: (e["ts"], -e["dur"])):
        while open_spans and open_spans[-1]["ts"] + open_spans[-1]["dur"] <= e["ts"]:
            open_spans.pop()
        if open_spans:
            outer = open_spans[-1]
            assert e["ts"] + e["dur"] <= outer["ts"] + outer["dur"], (outer, e)
            assert e.get("cat") == "wait" or outer["name"] == "build", (outer, e)
        open_spans.append(e)

steps = [e for e in events if "step" in e.get("args", {})]
assert len({e["args"]["step"] for e in steps}) == len(steps), steps
counts = builds[0]["args"]
for end in "cached", "built", "failed":
    assert counts[end] == sum(e["args"]["end"] == end for e in steps), (end, counts)
for e in sorted(steps, key=lambda e: e["args"]["step"]):
    waited = " waited" if e["args"].get("waited_us") else ""
    print("%d %s %s row %d%s" % (e["args"]["step"], e["name"], e["args"]["end"], e["tid"], waited))
