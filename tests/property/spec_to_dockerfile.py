#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A spec and the Dockerfile that is printed of it have the same steps.

For every *.spec, and every file `spec`, below the given directories that compiles: the Dockerfile,
with and without --buildkit, compiles, and has in the same order the same commands (with shell,
environment, directory, user, network and mounts), and the same copies. What differs must have been
reported as a loss. If there is a NAME.Dockerfile beside NAME.spec, it is what --buildkit prints,
blank lines and blanks at the ends of lines aside.

Two commands are the same if bash reads them as the same.
"""

import argparse
import json
import operator
import os
import posixpath
import re
import subprocess
import sys
import tempfile


class Different(Exception):
    pass


def run(argv, text=None):
    return subprocess.run(argv, input=text, capture_output=True, text=True, errors="surrogateescape")


def bash_reads(command):
    """The command as bash prints what it has read; None if it is no command for it."""
    if run(["bash", "-n"], command).returncode != 0:
        return None
    printed = run(["bash", "--norc", "-c", f"f() {{\n{command}\n}}\ndeclare -f f"])
    return printed.stdout if printed.returncode == 0 else None


def same_command(a, b):
    if a.strip() == b.strip():
        return True
    reading = bash_reads(a)
    return reading is not None and reading == bash_reads(b)


def same_shell(spec, dockerfile):
    """Without (shell) and SHELL both leave it to others; an array says what OBuilder takes then."""
    defaults = [None, ["/usr/bin/env", "bash", "-c"], ["cmd", "/S", "/C"]]
    return spec == dockerfile or (spec is None and dockerfile in defaults)


SAME = {"command": same_command, "shell": same_shell}


def late(text):
    """A text with the base image's directory as "/", which is reported where it counts."""
    if isinstance(text, str):
        return text
    if not isinstance(text, dict):
        raise Different(f"a text like {text}")
    return "".join("/" if part == {"base": "workdir"} else part for part in text["late"])


class Reader:
    """What is compared of the steps of a graph."""

    def __init__(self, graph, losses, windows):
        self.steps = graph["steps"]
        self.losses = losses
        self.windows = windows

    def path(self, text, is_copy=False):
        path = late(text)
        if self.windows:
            path = re.sub("^[A-Za-z]:", "", path.replace("\\", "/"))
        into = is_copy and (path.endswith("/") or path.endswith("/."))
        if "ParentPathLost" in self.losses:
            path = posixpath.normpath(path)
        path = "/" + "/".join(p for p in path.split("/") if p not in ("", "."))
        return path + "/" if into and path != "/" else path

    def user(self, text):
        user = late(text)
        return "0:0" if self.windows and user == "ContainerAdministrator" else user

    def stage(self, index):
        while "parent" in self.steps[index]:
            index = self.steps[index]["parent"]
        return [i for i, s in enumerate(self.steps) if "parent" not in s].index(index)

    def mounts(self, op):
        return [
            (m["type"], late(m["id"]), self.path(m["target"])) for m in op.get("mounts", [])
        ]

    def command(self, op):
        """The shell, and its last argument."""
        argv = op.get("argv")
        if argv is None:
            shell = op["shell"]
            return (None if isinstance(shell, str) else shell), op.get("command", "")
        return argv[:-1], argv[-1]

    def run(self, op):
        shell, line = self.command(op)
        return {
            "shell": shell,
            "command": line,
            "cwd": self.path(op.get("cwd", "/" if "RootDirectoryLost" in self.losses else "?")),
            "user": self.user(op.get("user", "?")),
            "env": [(n, late(v)) for n, v in op.get("env", [])],
            "network": "none" if op.get("network") == "none" else "any",
            "mounts": self.mounts(op),
        }

    def source(self, op, src):
        src = late(src)
        if op["style"] == "dockerfile":
            src = re.sub(r"\[(.)\]", r"\1", src)
            src = src if self.windows else re.sub(r"\\(.)", r"\1", src)
        return self.path(src)

    def excluded(self, op):
        """Names; those with a slash, and the empty one, exclude nothing."""
        names = op.get("exclude", [])
        if op["style"] == "dockerfile":
            names = [re.sub(r"\[(.)\]|\\(.)", r"\1\2", n[len("**/"):]) for n in names]
        return [n for n in names if n and "/" not in n]

    def owner(self, op):
        """Of a stage's files COPY keeps the owners, unless it has another; a spec's are the user's."""
        if "CopyOwnerLost" in self.losses:
            return ""
        keeps = op["style"] == "dockerfile" and op["from"] == "step"
        return self.user(op.get("owner", "kept" if keeps else "0:0"))

    def copy(self, op, step):
        sources = [self.source(op, s) for s in op["src"]]
        dst = self.path(op["dst"], True)
        if len(sources) > 1 or sources == ["/"]:
            dst = dst.rstrip("/")  # there is only one way to copy several, or all
        return {
            "from": self.stage(step["reads"][0]) if op["from"] == "step" else op.get("context"),
            "src": sources,
            "dst": dst,
            "owner": self.owner(op),
            "exclude": self.excluded(op),
        }

    def all(self):
        for index, step in enumerate(self.steps):
            kind, op = step["kind"], step["op"]
            if kind == "run":
                yield self.stage(index), kind, self.run(op)
            elif kind == "copy":
                yield self.stage(index), kind, self.copy(op, step)
            elif kind in ("from", "scratch"):
                yield self.stage(index), kind, {"image": op.get("image")}


def compare(spec, dockerfile, losses):
    for (s1, kind1, a), (s2, kind2, b) in zip(spec, dockerfile):
        if (s1, kind1) != (s2, kind2):
            raise Different(f"{kind1} in stage {s1} is {kind2} in stage {s2}")
        for field in a:
            x, y = a[field], b[field]
            if field == "mounts" and "CacheLost" in losses:
                x = [m for m in x if m[0] != "cache"]
            if field == "mounts" and "SecretLost" in losses:
                x = [m for m in x if m[0] != "secret"]
            if field == "mounts":
                x, y = sorted(x), sorted(y)
            if field == "exclude" and "ExcludeLost" in losses:
                x = []
            if not SAME.get(field, operator.eq)(x, y):
                raise Different(f"{kind1}: {field} {x!r} is {y!r}")
    if len(spec) != len(dockerfile):
        raise Different(f"{len(spec)} steps are {len(dockerfile)}")


class Checker:
    def __init__(self, spec2ir, tmp):
        self.spec2ir = spec2ir
        self.loss = os.path.join(tmp, "loss")
        self.dockerfile = os.path.join(tmp, "Dockerfile")
        self.not_images = []

    def graph(self, path, *options):
        result = run([self.spec2ir, "-O0", *options, path])
        if result.returncode != 0:
            raise Different(f"does not compile: {result.stderr}")
        return json.loads(result.stdout)

    def translate(self, path, options):
        """The Dockerfile and the names of its losses; None if the spec is refused."""
        argv = [self.spec2ir, "--from=spec", "--to=dockerfile", f"--loss={self.loss}", *options, path]
        result = run(argv)
        if result.returncode == 1:
            return None, result.stderr
        with open(self.loss, encoding="utf-8") as f:
            losses = json.load(f)
        self.not_images = [d["message"].split('"')[1] for d in losses if d["rule"] == "ImageLost"]
        return result.stdout, {d["rule"] for d in losses}

    def recompiled(self, text, windows):
        """Where an image's name is none for FROM, it gets another."""
        for image in self.not_images:
            text = re.sub(f"^FROM {re.escape(image)}(?= |$)", "FROM lost", text, flags=re.M)
        with open(self.dockerfile, "w", encoding="utf-8", errors="surrogateescape") as f:
            f.write(text)
        options = ["--platform=windows/amd64"] if windows else []
        return self.graph(self.dockerfile, "--from=dockerfile", *options)

    def check_steps(self, path, windows, options):
        spec = self.graph(path, "--from=spec")
        text, losses = self.translate(path, options)
        if text is None:
            return False
        dockerfile = self.recompiled(text, windows)
        one = list(Reader(spec, losses, windows).all())
        two = list(Reader(dockerfile, losses, windows).all())
        if "ImageLost" in losses:
            one, two = ([s for s in steps if s[1] != "from"] for steps in (one, two))
        compare(one, two, losses)
        return True

    def check_text(self, path):
        original = os.path.splitext(path)[0] + ".Dockerfile"
        if not os.path.exists(original):
            return False
        text, losses = self.translate(path, ["--buildkit"])
        if text is None:
            raise Different(losses)
        with open(original, encoding="utf-8") as f:
            one, two = ([w.rstrip() for w in t.splitlines() if w.strip()] for t in (f.read(), text))
        if one != two:
            raise Different("the text is not the original")
        return True


def find(directories):
    for top in directories:
        for parent, _, names in sorted(os.walk(top)):
            for name in sorted(names):
                if name.endswith(".spec") or name == "spec":
                    yield os.path.join(parent, name)


def is_windows(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        text = f.read()
    return "C:/" in text or "windows" in text


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--spec2ir", required=True)
    parser.add_argument("--all", action="store_true", help="every spec must have a Dockerfile")
    parser.add_argument("directories", nargs="+")
    args = parser.parse_args()
    n = refused = texts = failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        checker = Checker(args.spec2ir, tmp)
        for path in find(args.directories):
            if not args.all and run([args.spec2ir, "--from=spec", path]).returncode != 0:
                continue
            n += 1
            try:
                system = ["--escape=windows"] if is_windows(path) else []
                for mode in [], ["--buildkit"]:
                    if not checker.check_steps(path, bool(system), mode + system):
                        refused += 1
                        if args.all:
                            raise Different("is refused")
                texts += checker.check_text(path)
            except Different as e:
                failed += 1
                print(f"{path}: {e}")
    print(f"{n} specs, {failed} failed; {refused} translations refused; {texts} texts compared")
    sys.exit(1 if failed or n == 0 else 0)


main()
