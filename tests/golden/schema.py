# SPDX-License-Identifier: Apache-2.0
"""Validates IR documents by the JSON Schema, and shows that it refuses broken ones, and that the
reader does as well: each row of a table breaks one thing of a good document. Arguments: the schema,
spec2ir, documents."""
import copy
import json
import os
import struct
import subprocess
import sys
import tempfile

import jsonschema

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ids

DIGEST = "0" * 64
GOOD = {
    "obir": 1,
    "needs": ["add", "file", "late", "late.pattern", "proxies", "run.mount.bind",
              "run.mount.secret.env"],
    "sources": [{"path": "Dockerfile", "sha256": DIGEST}],
    "proxies": [["http_proxy", "http://p"]],
    "steps": [
        {"id": DIGEST, "kind": "from", "op": {"image": "a"}, "meta": {"line": 1, "other": []}},
        {"id": DIGEST, "kind": "run", "parent": 0, "reads": [0], "op": {
            "shell": "base", "command": "x", "cwd": {"late": ["/", {"env": "X"}, {
                "expand": "/", "of": {"late": [{"env": "Y"}]}, "word": "a", "with": "b"}]},
            "env": [["N", "v"]], "mounts": [
                {"type": "bind", "target": "/m", "from": "step"},
                {"type": "secret", "target": "", "env": "S", "uid": 0}]}},
        {"id": DIGEST, "kind": "copy", "parent": 1, "reads": [0], "op": {
            "style": "spec", "from": "step", "src": ["a"], "dst": "/b"}},
        {"id": DIGEST, "kind": "add", "parent": 2, "op": {"src": ["a"], "dst": "C:\\b"}},
        {"id": DIGEST, "kind": "file", "parent": 3, "op": {
            "files": [{"name": "f", "content": "x"}], "dst": "/b"}},
        {"id": DIGEST, "kind": "mkdir", "parent": 4, "op": {"path": "/d"}},
        {"id": DIGEST, "kind": "scratch", "op": {}},
    ],
    "stages": [{"name": "", "step": 1, "config": {"cmd": {"argv": []}, "healthcheck": {}}}],
    "targets": [{"name": "t", "step": 1, "stage": 0}],
}
REMOVE = object()
# Where, and what stands there then.
BROKEN = [
    ("obir", 2), ("obir", "1"), ("obir", REMOVE), ("news", 1), ("steps", REMOVE), ("steps", []),
    ("needs", ["run.gpu"]), ("needs", ["add", "add"]), ("needs", "add"),
    ("sources", REMOVE), ("sources.0.path", REMOVE), ("sources.0.sha256", "0" * 63),
    ("sources.0.sha256", "G" * 64), ("sources.0.size", 1), ("proxies.0", ["a"]),
    ("proxies.0", ["a", "b", "c"]), ("proxies.0.1", 1),
    ("steps.0.id", REMOVE), ("steps.0.id", "x"), ("steps.0.kind", "form"),
    ("steps.0.kind", REMOVE), ("steps.0.op", REMOVE), ("steps.0.op", []), ("steps.0.parent", 0),
    ("steps.0.more", 1), ("steps.0.reads", [0]), ("steps.0.op.image", ""),
    ("steps.0.op.image", REMOVE), ("steps.0.op.images", ""), ("steps.0.op.onbuild", 1),
    ("steps.0.op.platform", "a\0"), ("steps.0.meta.line", "1"), ("steps.0.meta", []),
    ("steps.1.parent", REMOVE), ("steps.1.parent", -1), ("steps.1.parent", 0.5),
    ("steps.1.parent", 4294967295), ("steps.1.op.argv", ["x"]), ("steps.1.op.command", REMOVE),
    ("steps.1.op.shell", REMOVE), ("steps.1.op.shell", "bash"), ("steps.1.op.shell", []),
    ("steps.1.op.network", "lan"), ("steps.1.op.env.0", ["N"]), ("steps.1.op.env", {"N": "v"}),
    ("steps.1.op.cwd.later", []), ("steps.1.op.cwd.late.1", {"env": "X", "base": "user"}),
    ("steps.1.op.cwd.late.1", {"base": "home"}), ("steps.1.op.cwd.late.1", 1),
    ("steps.1.op.cwd.late.2.with", REMOVE), ("steps.1.op.cwd.late.2.expand", ":-"),
    ("steps.1.op.cwd.late.2.expand", ":!"), ("steps.1.op.mounts.0.from", REMOVE),
    ("steps.1.op.mounts.0.target", "m"), ("steps.1.op.mounts.0.target", REMOVE),
    ("steps.1.op.mounts.0.context", "c"), ("steps.1.op.mounts.0.mode", "789"),
    ("steps.1.op.mounts.1.env", "A=B"), ("steps.1.op.mounts.1.env", REMOVE),
    ("steps.1.op.mounts.1.uid", -1), ("steps.1.op.mounts.1.size", 2 ** 63),
    ("steps.1.op.scripts", [{"name": "a/b"}]), ("steps.1.op.scripts", [{"content": "a"}]),
    ("steps.1.op.devices", [{"optional": True}]),
    ("steps.2.reads", REMOVE), ("steps.2.reads", [0, 0]), ("steps.2.op.from", "context"),
    ("steps.2.op.style", REMOVE), ("steps.2.op.style", "tar"), ("steps.2.op.src", []),
    ("steps.2.op.src", "a"), ("steps.2.op.dst", "b"), ("steps.2.op.context", "c"),
    ("steps.3.op.unpack", True), ("steps.3.op.dst", REMOVE), ("steps.4.op.files", []),
    ("steps.4.op.files.0.name", ".."), ("steps.5.op.path", "d"), ("steps.5.op.path", ""),
    ("steps.6.op.image", "a"), ("steps.6.parent", 0),
    ("stages.0.name", REMOVE), ("stages.0.config.cmd", {}), ("stages.0.config.cmd.shell", "base"),
    ("stages.0.config.healthcheck.retries", -1), ("stages.0.config.labels", {"a": "b"}),
    ("stages.0.config.colour", "red"), ("targets", []), ("targets.0.step", REMOVE),
    ("targets.0.stage", "0"), ("targets.0.more", 1),
]


def broken(path, value):
    doc = copy.deepcopy(GOOD)
    *way, last = [int(k) if k.isdigit() else k for k in path.split(".")]
    at = doc
    for key in way:
        at = at[key]
    if value is REMOVE:
        del at[last]
    else:
        at[last] = value
    return doc


def with_ids(doc):
    """Right ids, as far as there are steps, so that the reader's reason is another."""
    known = []
    try:
        for s in doc["steps"]:
            known.append(ids.id_of(s, known))
            s["id"] = known[-1].hex() if s["id"] == DIGEST else s["id"]
    except (KeyError, TypeError, AttributeError, IndexError, struct.error):
        pass
    return doc


def read(doc):
    """What the reader says against it; empty = nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump(doc, f)
        f.flush()
        return subprocess.run([sys.argv[2], "--diff", f.name, f.name], capture_output=True,
                              text=True, check=False).stderr


with open(sys.argv[1], encoding="utf-8") as f:
    schema = json.load(f)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
failed = 0


def expect_valid(name, doc):
    global failed
    for error in list(validator.iter_errors(doc))[:3]:
        failed += 1
        print(f"{name}: {error.json_path}: {error.message}")


expect_valid("the good document", GOOD)
failed += read(with_ids(copy.deepcopy(GOOD))) != ""
for path, value in BROKEN:
    said = read(with_ids(broken(path, value)))
    if not said or "hashes to" in said:
        failed += 1
        print(f"{path}: the reader says \"{said}\"")
    if validator.is_valid(broken(path, value)):
        failed += 1
        print(f"valid, though {path} is {'missing' if value is REMOVE else json.dumps(value)}")
for name in sys.argv[3:]:
    with open(name, encoding="utf-8") as f:
        expect_valid(name, json.load(f))
print(f"{len(sys.argv) - 3} documents and {len(BROKEN)} broken ones, {failed} mistakes")
sys.exit(1 if failed else 0)
