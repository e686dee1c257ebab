#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Translates every Dockerfile of the corpus that BuildKit accepts to a spec, compiles that, and
compares the two graphs up to the losses that are listed.

    to_spec.py CORPUS SPEC2IR [SHA...]
    to_spec.py --context IR.json DIR     only makes up that context, and prints the images

Base images are taken to be empty, as they are not known. What the files copy is made up: a
context that has everything they name. What becomes of what is written down here a second time, from
obkit-translate(7): which files go where, who owns them, what commands run in which environment.
"""
import collections
import concurrent.futures
import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MKDIR = r"(if not exist .* mkdir .*|mkdir -p \S+|\[ -d (?!.*printf).*)$"
LEAST = 0.97


def text(v):
    """The value of a text with an empty base image."""
    if not isinstance(v, dict):
        return v or ""
    out = ""
    for p in v["late"]:
        if isinstance(p, str):
            out += p
        elif "env" in p:
            out += PATH if p["env"] == "PATH" else ""
        elif "base" in p:
            out += "/" if p["base"] == "workdir" else ""
        else:
            out += expand(p)
    return out


def expand(p):
    of, word = text(p["of"]), text(p["word"])
    parts = p["of"]["late"] if isinstance(p["of"], dict) else []
    unset = len(parts) == 1 and isinstance(parts[0], dict) and parts[0].get("env", "PATH") != "PATH"
    is_set = not unset
    return {":-": of or word, "-": of if is_set else word, ":+": word if of else "",
            "+": word if is_set else ""}.get(p["expand"], of)


def user(v):
    u = text(v)
    return "0:0" if u in ("", ":", "root", "0", "root:root", "ContainerAdministrator") else u


def is_pattern(path):
    return any(c in path for c in "*?[")


class Context:
    """A directory with all that a Dockerfile copies from it."""

    def __init__(self, root, ir):
        self.root = root
        for s in ir["steps"]:
            if s["kind"] in ("copy", "add") and s["op"].get("from", "context") == "context":
                for src in s["op"]["src"]:
                    self.make(text(src))

    def make(self, src):
        path = re.sub(r"\[(.)[^]]*\]", r"\1", src).replace("*", "x").replace("?", "x")
        path = os.path.join(self.root, path.replace("\\", "").lstrip("/"))
        if "://" in src or src.startswith("git@") or os.path.lexists(path):
            return
        try:
            # Names without a dot are directories here; the translation must look.
            if "." not in os.path.basename(path) and not is_pattern(src):
                os.makedirs(path, exist_ok=True)
                return
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(b"\x1f\x8b" if re.search(r"\.(tar|t?gz|t?bz2|t?xz)", path) else b"x")
        except OSError:
            pass

    def is_dir(self, path):
        return os.path.isdir(os.path.join(self.root, path.lstrip("/")))

    def matches(self, src):
        if not is_pattern(src):
            return [src.replace("\\", "")]
        found, parts = [""], src.split("/")
        for part in parts:
            found = [os.path.join(d, n) for d in found if self.is_dir(d)
                     for n in sorted(os.listdir(os.path.join(self.root, d)))
                     if fnmatch.fnmatchcase(n, part.replace("[^", "[!").replace("\\", ""))]
        return found


def run_of(op):
    if "argv" in op:
        argv = op["argv"]
    else:
        shell = op.get("shell", "base")
        argv = (shell if isinstance(shell, list) else ["/bin/sh", "-c"]) + [op.get("command", "")]
    env = {k: text(v) for k, v in op.get("env", [])}
    mounts = sorted((m["type"], text(m["target"])) for m in op.get("mounts", [])
                    if m["type"] in ("cache", "secret"))
    network = op.get("network", "default")
    return {"argv": argv, "env": env, "cwd": join("/", text(op.get("cwd"))), "user": user(op.get("user")),
            "network": "host" if network == "default" else network, "mounts": mounts}


def join(*parts):
    return os.path.normpath(re.sub("/+", "/", "/".join(parts)))


def places(op, context, style, from_context):
    """(source, where it goes) of a copy; a set of choices where the image decides."""
    dst, out = "/" + text(op["dst"]), []
    sources = [text(s) for s in op["src"]]
    if from_context and style == "dockerfile":
        sources = [m for s in sources for m in context.matches(s)]
    for s in sources:
        s = s.lstrip("/") or "."
        into = join(dst, os.path.basename(s))
        plain = join(dst)
        is_dir = s == "." or (from_context and context.is_dir(s))
        if style == "spec":
            out.append((s, [into if dst.endswith("/") else plain]))
        elif is_dir:
            out.append((s, [plain]))
        elif dst.endswith("/") or len(op["src"]) > 1:
            # What is in another stage may be a directory, if it is written like one.
            out.append((s, [into] if from_context else [into, plain]))
        else:
            out.append((s, [plain, into]))
    return out


def chain_of(ir, last):
    steps, i = [], last
    while i is not None:
        steps.append(ir["steps"][i])
        i = ir["steps"][i].get("parent")
    return list(reversed(steps))


class Differs(Exception):
    pass


def want(what, x, y):
    if x != y:
        raise Differs("%s: %r, and %r in the spec" % (what, x, y))


class Compare:
    def __init__(self, df, sx, context, losses):
        self.df, self.sx, self.context, self.losses = df, sx, context, losses
        self.seen = set()

    def chains(self, a, b):
        if (a, b) in self.seen:
            return
        self.seen.add((a, b))
        have = chain_of(self.df, a)
        got = collections.deque(chain_of(self.sx, b))
        for s in have:
            if s["kind"] in ("from", "scratch"):
                g = got.popleft()
                want("base", (s["kind"], s["op"].get("image")), (g["kind"], g["op"].get("image")))
            elif s["kind"] == "run":
                self.run(s, got)
            elif s["kind"] in ("copy", "add"):
                self.copy(s, got)
            elif s["kind"] == "file":
                self.file(s, got)
        while got and self.is_helper(got[0], MKDIR):
            got.popleft()
        if got:
            raise Differs("the spec goes on: %s" % got[0]["meta"]["heading"])

    @staticmethod
    def is_helper(g, pattern):
        return (g["kind"] == "run" and g["op"].get("network") == "none" and
                re.match(pattern, g["op"].get("command", "")))

    def next(self, got, kind, what):
        while got and self.is_helper(got[0], MKDIR) and not self.same_run(what, got[0]):
            got.popleft()
        if not got or got[0]["kind"] != kind:
            raise Differs("%s has no counterpart" % what["meta"]["heading"])
        return got.popleft()

    @staticmethod
    def same_run(s, g):
        return s["kind"] == "run" and run_of(s["op"]) == run_of(g["op"])

    def run(self, s, got):
        g = self.next(got, "run", s)
        a, b = run_of(s["op"]), run_of(g["op"])
        if any(m["type"] == "ssh" for m in s["op"].get("mounts", [])) and '"MountLost"' in self.losses:
            del a["env"]["SSH_AUTH_SOCK"]
        if s["op"].get("scripts"):
            script = text(s["op"]["scripts"][0]["content"])
            if shlex.quote(script) not in b["argv"][-1] and script not in b["argv"][-1]:
                raise Differs("the script is not in the command")
            a["argv"] = b["argv"]
        if "argv" in s["op"] and len(a["argv"]) == 1:
            a["argv"] = ["/bin/sh", "-c", "exec " + shlex.quote(a["argv"][0])]
        for k in a:
            want("%s of %s" % (k, s["meta"]["heading"][:40]), a[k], b[k])

    def copy(self, s, got):
        op, context = s["op"], s["op"].get("from", "context") == "context"
        todo = places(op, self.context, "dockerfile", context)
        while todo:
            g = self.next(got, "copy", s)
            done = places(g["op"], self.context, "spec", context)
            owner = text(op.get("owner"))
            want("owner", "%s:%s" % (owner, owner) if re.fullmatch("[0-9]+", owner) else user(owner),
                 user(g["op"].get("owner")))
            if not context:
                want("from", "step", g["op"].get("from"))
                self.chains(s["reads"][0], g["reads"][0])
            for (src, to), (src_g, to_g) in zip(todo, done):
                want("source", os.path.normpath(src), os.path.normpath(src_g))
                if to_g[0] not in to:
                    raise Differs("%s goes to %s, and to %s in the spec" % (src, to, to_g))
            todo = todo[len(done):]
        if text(op.get("chmod")):
            if got and self.is_helper(got[0], "chmod "):
                mode = got.popleft()["op"]["command"].split()[1]
                want("mode", text(op["chmod"]), mode.replace("a+", "+"))
            elif any(not self.context.is_dir(x[0]) or os.listdir(join(self.context.root, x[0]))
                     for x in places(op, self.context, "dockerfile", context)):
                raise Differs("no chmod")

    def file(self, s, got):
        g = self.next(got, "run", s)
        words = shlex.split(g["op"]["command"])
        for f in s["op"]["files"]:
            if text(f["content"]) not in words:
                raise Differs("the file %s is not in the command" % f["name"])


def spec2ir(prog, *args):
    p = subprocess.run([prog, *args], stdin=subprocess.DEVNULL, capture_output=True)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def check(prog, corpus, ref):
    path = os.path.join(corpus, "dockerfiles", ref["sha"] + ".Dockerfile")
    status, out, err = spec2ir(prog, "--from=dockerfile", path)
    if status:
        return "not compiled", err
    df = json.loads(out)
    with tempfile.TemporaryDirectory() as tmp:
        root = os.path.join(tmp, "context")
        os.mkdir(root)
        context = Context(root, df)
        spec, losses = os.path.join(tmp, "x.spec"), os.path.join(tmp, "losses")
        status, out, err = spec2ir(prog, "--from=dockerfile", "--to=spec", "--context=" + root,
                                   "--loss=" + losses, "-o", spec, path)
        if status == 1:
            return "refused", re.findall(r"error: (.*)", err)[0]
        if status:
            return "broken", err
        status, out, err = spec2ir(prog, spec)
        if status:
            return "broken", err
        sx = json.loads(out)
        with open(losses) as f:
            compare = Compare(df, sx, context, f.read())
        try:
            compare.chains(df["targets"][0]["step"], sx["targets"][0]["step"])
        except Differs as e:
            return "differs", str(e)
    return "same", ""


def make_context(path, root):
    ir = json.load(open(path))
    Context(root, ir)
    print("\n".join({s["op"]["image"] for s in ir["steps"] if s["kind"] == "from"}))


def main():
    if sys.argv[1] == "--context":
        return make_context(*sys.argv[2:])
    corpus, prog, only = sys.argv[1], sys.argv[2], sys.argv[3:]
    refs = [json.loads(x) for x in open(os.path.join(corpus, "reference.jsonl"))]
    refs = [r for r in refs if "runs" in r and (not only or r["sha"] in only)]
    tally, why, shown = collections.Counter(), collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for ref, (verdict, text) in zip(refs, pool.map(lambda r: check(prog, corpus, r), refs)):
            tally[verdict] += 1
            if verdict == "refused":
                why[re.sub('"[^"]*"', '"..."', text)] += 1
            if verdict not in ("same", "refused") and shown[verdict] < 20:
                shown[verdict] += 1
                print("%s: %s (%s): %s" % (verdict, ref["sha"], ref["origin"], text[:400]))
    n = sum(tally.values())
    print("%d of %d Dockerfiles become specs (%.1f %%), %d of them with an equal graph" %
          (tally["same"] + tally["differs"], n, 100 * (tally["same"] + tally["differs"]) / n,
           tally["same"]))
    for text, count in why.most_common():
        print("  %4d refused: %s" % (count, text))
    return 1 if tally["differs"] or tally["broken"] or tally["same"] < LEAST * n else 0


if __name__ == "__main__":
    sys.exit(main())
