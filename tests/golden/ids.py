# SPDX-License-Identifier: Apache-2.0
"""Computes the ids of IR documents and what they need from their JSON, by the definitions in
obkit-ir(5) alone, and says where a document has others. Shares nothing with the C code: a mistake
in the field tables shows as a difference."""
import hashlib
import json
import re
import struct
import sys

# For each kind of step: its fields in their order, with type and default.
TEXT, STR, STRS, TEXTS, PAIRS, BOOL, INT, STR_PAIRS, STR_OR_TEXT, COMMAND = range(10)
MOUNT = [("type", STR, "bind"), ("id", STR_OR_TEXT, ""), ("target", TEXT, ""), ("read_only", BOOL, False),
         ("options", STR_PAIRS, []), ("from", STR, "nothing"), ("context", STR, ""),
         ("source", TEXT, ""), ("ignore_given", BOOL, False), ("ignore", STRS, []),
         ("sharing", STR, "shared"), ("mode", STR, ""), ("uid", INT, 0), ("gid", INT, 0),
         ("size", INT, 0), ("required", BOOL, False), ("env", STR, "")]
DEVICE = [("name", STR, ""), ("optional", BOOL, False)]
FILE = [("name", STR, ""), ("content", TEXT, "")]
FIELDS = {
    "from": [("image", STR, ""), ("platform", STR, ""), ("onbuild", BOOL, False)],
    "scratch": [],
    "run": [(None, COMMAND, None), ("cwd", TEXT, ""), ("user", TEXT, ""), ("env", PAIRS, []),
            ("network", STR, "default"), ("mounts", MOUNT, []), ("security", STR, "sandbox"),
            ("devices", DEVICE, []), ("scripts", FILE, [])],
    "copy": [("style", STR, "dockerfile"), ("from", STR, "context"), ("context", STR, ""),
             ("src", TEXTS, []), ("dst", TEXT, ""), ("exclude", STRS, []),
             ("ignore_given", BOOL, False), ("ignore", STRS, []), ("owner", TEXT, ""),
             ("chmod", STR_OR_TEXT, ""), ("parents", BOOL, False), ("epoch", STR, "")],
    "mkdir": [("path", TEXT, ""), ("owner", TEXT, ""), ("epoch", STR, "")],
    "add": [("src", TEXTS, []), ("dst", TEXT, ""), ("exclude", STRS, []),
            ("ignore_given", BOOL, False), ("ignore", STRS, []), ("owner", TEXT, ""),
            ("chmod", STR_OR_TEXT, ""), ("checksum", TEXT, ""), ("keep_git_dir", STR, "default"),
            ("unpack", STR, "default"), ("epoch", STR, "")],
    "file": [("files", FILE, []), ("dst", TEXT, ""), ("owner", TEXT, ""), ("chmod", STR_OR_TEXT, ""),
             ("epoch", STR, "")],
}


def number(tag, n):
    return tag + struct.pack("<Q", n)


def string(s):
    b = s.encode()
    return number(b"s", len(b)) + b


def part(p):
    if isinstance(p, str):
        return b"L" + string(p)
    if "env" in p:
        return b"E" + string(p["env"])
    if "base" in p:
        return {"workdir": b"W", "user": b"U"}[p["base"]]
    texts = text(p["of"]) + text(p["word"])
    if p["expand"] in ("/", "//"):
        texts += text(p["with"])
    return b"X" + string(p["expand"]) + texts


def text(t):
    parts = t["late"] if isinstance(t, dict) else [t] if t else []
    return number(b"t", len(parts)) + b"".join(map(part, parts))


def items(encode, values):
    return number(b"l", len(values)) + b"".join(map(encode, values))


def value(kind, v):
    if isinstance(kind, list):
        return items(lambda o: fields(kind, o) + string(""), v)
    return {
        PAIRS: lambda l: items(lambda p: string(p[0]) + text(p[1]), l),
        STR_PAIRS: lambda l: items(lambda p: string(p[0]) + string(p[1]), l),
        INT: lambda n: number(b"n", n),
        TEXT: text,
        STR: string,
        STR_OR_TEXT: lambda t: string(t) if isinstance(t, str) else text(t),
        STRS: lambda l: items(string, l),
        TEXTS: lambda l: items(text, l),
        BOOL: lambda b: number(b"n", b),
    }[kind](v)


def command(op):
    if "argv" in op:
        return string("argv") + items(string, op["argv"])
    shell = op["shell"]
    shell = string(shell) if isinstance(shell, str) else items(string, shell)
    return string("shell") + shell + string("command") + string(op["command"])


def fields(table, op):
    out = b""
    for name, kind, default in table:
        if kind == COMMAND:
            out += command(op)
        elif op.get(name, default) != default:
            out += string(name) + value(kind, op[name])
    return out


def sha256(b):
    return hashlib.sha256(b).digest()


def literal(t):
    return t if isinstance(t, str) else ""


def late(v):
    """What late texts, wherever they are in v, need."""
    if isinstance(v, list):
        return set().union(*map(late, v))
    if not isinstance(v, dict):
        return set()
    found = {"late"} if "late" in v else set()
    if v.get("expand") in ("#", "##", "%", "%%", "/", "//"):
        found.add("late.pattern")
    return found.union(*map(late, v.values()))


def epoch(o):
    e = o.get("epoch", "")
    return {"epoch"} if re.fullmatch("-?[0-9]+", e) else {"epoch", "epoch.source"} if e else set()


def mount(m):
    name = {"bind": ["bind"], "tmpfs": ["tmpfs"],
            "cache": ["cache.from"] if m.get("from", "nothing") != "nothing" else [],
            "secret": ["secret.env"] if m.get("env") else [],
            "ssh": ["ssh" if m.get("required") else "ssh.optional"]}[m["type"]]
    return {"run.mount." + n for n in name} | ({"context.named"} if m.get("context") else set())


def remote(src):
    if re.match("https?://", src):
        return {"add.git" if re.split("[#?]", src)[0].endswith(".git") else "add.http"}
    return {"add.git"} if re.match("(git|ssh)://|[A-Za-z0-9_-]+@[A-Za-z0-9.-]+:", src) else set()


def step(kind, op):
    found = late(op) | epoch(op) | ({kind} if kind in ("add", "file") else set())
    for name, need in (("onbuild", "from.onbuild"), ("context", "context.named"),
                       ("parents", "copy.parents"), ("scripts", "run.scripts"),
                       ("checksum", "add.checksum")):
        if op.get(name):
            found.add(need)
    if op.get("security", "sandbox") != "sandbox":
        found.add("run.insecure")
    if re.search("[^0-7]", literal(op.get("chmod", ""))):
        found.add("chmod.symbolic")
    for d in op.get("devices", []):
        found.add("run.device.optional" if d.get("optional") else "run.device")
    sources = map(literal, op["src"]) if kind == "add" else []
    return found.union(*map(mount, op.get("mounts", [])), *map(remote, sources))


def needs(doc):
    found = {"proxies"} if doc.get("proxies") else set()
    for s in doc["steps"]:
        found |= step(s["kind"], s["op"])
    for s in doc["stages"]:
        config = s.get("config", {})
        found |= late(config) | epoch(config)
    return sorted(found)


def id_of(s, ids):
    """The id of a step that stands on steps with these ids."""
    op = sha256(string("obkit-op 1") + string(s["kind"]) + fields(FIELDS[s["kind"]], s["op"]))
    above = [s["parent"]] if "parent" in s else []
    reads = s.get("reads", [])
    return sha256(string("obkit-step 1") + op +
                  number(b"n", len(above)) + b"".join(ids[n] for n in above) +
                  number(b"n", len(reads)) + b"".join(ids[n] for n in reads))


def check(path):
    with open(path, encoding="utf-8") as f:
        doc = json.load(f)
    if needs(doc) != doc.get("needs", []):
        print(f"{path}: $.needs: {doc.get('needs', [])}, and it should be {needs(doc)}")
        return False
    ids = []
    for i, s in enumerate(doc["steps"]):
        ids.append(id_of(s, ids))
        if ids[i].hex() != s["id"]:
            print(f"{path}: $.steps[{i}].id: {s['id']}, and it should be {ids[i].hex()}")
            return False
    return True


if __name__ == "__main__":
    paths = sys.argv[1:]
    sys.exit(0 if paths and all([check(p) for p in paths]) else 1)
