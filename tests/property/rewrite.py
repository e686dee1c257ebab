# SPDX-License-Identifier: Apache-2.0
"""A Dockerfile that is written otherwise has the same steps.

    rewrite.py --spec2ir PROGRAM [--seed N] [--seconds N] PATH...
    rewrite.py --spec2ir PROGRAM [--seed N] --write VARIANT FILE

Each PATH is a Dockerfile or a directory that has some in it. Each is written again in the ways of
VARIANTS; what spec2ir makes of that must be what it makes of the original: the same ids, the same
configuration of images; or both are refused. Where instructions and their words begin is asked of
`spec2ir --to=ast`; what is a continuation and what is a heredoc's body is found out here.

If spec2ir has --to=dockerfile, what that prints must have the same ids, too, and printing it again
must not change it.

Programs get their input on standard input, so that no file beside a Dockerfile counts.
"""
import argparse
import concurrent.futures
import json
import os
import random
import re
import subprocess
import sys
import time

BOM = "\ufeff"

# What may be varied; a variant is a set of these.
CRLF, CASE, COMMENTS, BREAKS, BLANKS, MARK = "crlf", "case", "comments", "breaks", "blanks", "mark"
VARIANTS = {
    "crlf": {CRLF},
    "case": {CASE},
    "comments": {COMMENTS},
    "breaks": {BREAKS},
    "blanks": {BLANKS, MARK},
    "all": {CRLF, CASE, COMMENTS, BREAKS, BLANKS, MARK},
}

# Comments that could be taken for something else. The second list looks like directives, which
# only something that is none may stand before.
COMMENTS_ANYWHERE = ["#", "# plain", "#no blank", "# ends with an escape \\", "# or with the other `",
                     "# <<EOF", "# \"quote", "# it's", "\t # indented", "# RUN echo \\", "#!/bin/sh"]
COMMENTS_LATER = ["# escape=`", "# syntax=none", "#escape = \\", "# FROM scratch"]

INSN = re.compile(r"(\d+):(\d+)-(?:(\d+):)?(\d+) ([A-Z]+)(.*)")
PART = re.compile(r"  (flag|flag-value|name|value|word) \".*\" (\d+):(\d+)-(?:(\d+):)?(\d+)")
# Makes errors of warnings, some of which are about style.
STYLE_IS_AN_ERROR = re.compile(r"^#\s*check\s*=.*error\s*=", re.MULTILINE | re.IGNORECASE)


class Program:
    """spec2ir, with the options that a golden case has in its file "args"."""

    def __init__(self, path, case):
        self.argv = [path, "--from=dockerfile"]
        self.cwd = case
        try:
            with open(os.path.join(case, "args"), encoding="ascii") as f:
                self.argv += f.read().split()
        except FileNotFoundError:
            pass

    def run(self, to, text):
        """What it prints; None if it refuses."""
        p = subprocess.run(self.argv + ["--to=" + to, "-"], cwd=self.cwd, capture_output=True,
                           input=text.encode("utf-8", "surrogateescape"), timeout=120, check=False)
        if p.returncode not in (0, 1):
            raise Failed("--to=%s ends with status %d: %s" % (
                to, p.returncode, p.stderr.decode(errors="replace")[:500]))
        return p.stdout.decode("utf-8", "surrogateescape") if p.returncode == 0 else None

    def compile(self, text):
        """All of the IR but where things stand; None if it refuses."""
        out = self.run("ir", text)
        if out is None:
            return None
        ir = json.loads(out)
        del ir["sources"]
        for s in ir["steps"]:
            s["heading"] = s.pop("meta", {}).get("heading", "")
        return ir


class Failed(Exception):
    """A property does not hold; says why."""


def compare(before, after):
    """Raises Failed if two results of Program.compile differ."""
    if before is None or after is None:
        if before is not after:
            raise Failed("the original is %s, this is %s" % (
                ("refused", "accepted") if before is None else ("accepted", "refused")))
        return
    a, b = before["steps"], after["steps"]
    for i in range(max(len(a), len(b))):
        x, y = ("%s %s" % (s[i]["id"], s[i]["heading"]) if i < len(s) else "no such step"
                for s in (a, b))
        if x.split(" ")[0] != y.split(" ")[0]:
            raise Failed("step %d differs:\n  %s\n  %s" % (i, x, y))
    for key in ("stages", "targets"):
        if before[key] != after[key]:
            raise Failed("all ids are the same, but %s differ:\n  %s\n  %s" % (
                key, json.dumps(before[key]), json.dumps(after[key])))


class Instruction:
    """Lines and columns count from 0; a place is a pair of them."""

    def __init__(self, match):
        first, col, last, end, self.name, rest = match.groups()
        self.first, self.col = int(first) - 1, int(col) - 1
        self.last = int(last or first) - 1
        self.is_json = "json" in rest.split()
        self.parts = []  # (kind, begin, end)

    def add(self, match):
        kind, line, col, last, end = match.groups()
        begin = (int(line) - 1, int(col) - 1)
        self.parts.append((kind, begin, (int(last or line) - 1, int(end) - 1)))


def read_tree(ast):
    """The instructions and the escape character. What is below a trigger is left out: the text of
    a trigger is kept in the image, so that it must not be written otherwise."""
    insns, escape, in_trigger = [], "\\", False
    for line in ast.split("\n"):
        if re.match(r"\d", line) and " directive " in line:
            m = re.fullmatch(r"\S+ directive escape \"\\?(.)\"", line)
            escape = m.group(1) if m else escape
            continue
        m = INSN.fullmatch(line)
        if m:
            insns.append(Instruction(m))
            in_trigger = False
        in_trigger |= line.startswith("  trigger ")
        m = PART.fullmatch(line)
        if m and not in_trigger:
            insns[-1].add(m)
    return insns, escape


class Rewriter:
    """One Dockerfile, whose lines are classified once and written in several ways."""

    def __init__(self, text, program):
        self.has_mark = text.startswith(BOM)
        text = text[len(BOM):] if self.has_mark else text
        ast = program.run("ast", text)
        self.lines = text.split("\n")
        self.has_last_newline = self.lines[-1] == ""
        if self.has_last_newline:
            self.lines.pop()
        self.style_is_an_error = bool(STYLE_IS_AN_ERROR.search(text))
        self.insns, self.escape = ([], "\\") if ast is None else read_tree(ast)
        self.knows_lines = ast is not None
        self.owner = {}  # line -> the instruction that it is a part of
        self.frozen = set()  # lines of heredocs: every byte counts
        for n, insn in enumerate(self.insns):
            self.owner.update((i, insn) for i in range(insn.first, insn.last + 1))
            self.freeze(insn, self.insns[n + 1].first if n + 1 < len(self.insns) else len(self.lines))

    def freeze(self, insn, behind):
        """Where the bodies end does not matter: up to the next instruction nothing is changed."""
        if any("<<" in self.lines[i] for i in range(insn.first, insn.last + 1)):
            self.frozen.update(range(insn.last + 1, behind))

    def vanishes(self, i):
        """Whether this line of a continued instruction is a comment or empty."""
        text = self.lines[i].lstrip()
        return i > self.owner[i].first and (text == "" or text[0] == "#")

    def goes_on(self, i):
        """Whether the next line belongs to the same instruction because of this one's end."""
        text = self.lines[i].rstrip("\r").rstrip(" \t")
        insn = self.owner.get(i)
        return (insn is not None and not self.vanishes(i) and text.endswith(self.escape)
                and not text.endswith(2 * self.escape))

    def may_break(self, place, is_json):
        """Whether a line may be broken at the start of a word. Not if that is within something:
        behind a character that is neither a blank nor JSON's. Not if what follows would then be a
        comment or empty: "RUN #x", "RUN \\"."""
        line, col = place
        before, rest = self.lines[line][:col], self.lines[line][col:].strip()
        return (before[-1:] in (" ", "\t") or (is_json and before[-1:] in ("[", ","))) and \
            rest not in ("", self.escape) and rest[0] != "#"

    def breaks_of(self, insn):
        """Where a line can be broken: before the first argument and each flag, and before the words
        that blanks divide. The text of a command is one word, so that quotes in it are safe."""
        found = set()
        keyword = re.compile(r"\s*%s[ \t]+" % insn.name, re.IGNORECASE)
        m = keyword.match(self.lines[insn.first], insn.col)
        if m:
            found.add(((insn.first, m.end()), False))
        for kind, (line, col), _ in insn.parts:
            text = self.lines[line]
            if kind == "flag":
                col -= 0 if text[col:col + 2] == "--" else 2
            elif kind == "flag-value" or (kind == "value" and text[col - 1:col] == "="):
                continue
            elif insn.is_json and text[col - 1:col] == "\"":
                col -= 1
            found.add(((line, col), insn.is_json))
        return sorted(place for place, is_json in found if self.may_break(place, is_json))

    def keywords_of(self, insn):
        """Words whose case does not count: (line, column, length)."""
        head = self.lines[insn.first][insn.col:]
        if head[:len(insn.name)].upper() == insn.name:
            yield insn.first, insn.col, len(insn.name)
        words = [p for p in insn.parts if p[0] == "word"]
        if insn.name == "FROM" and len(words) == 2:
            yield from self.find_word("AS", words[0][2], words[1][1])
        if insn.name == "HEALTHCHECK":
            begin = max([(insn.first, insn.col + len(insn.name))] + [p[2] for p in insn.parts
                                                                    if p[0].startswith("flag")])
            end = words[0][1] if words else (insn.last, len(self.lines[insn.last]))
            yield from self.find_word("CMD" if words else "NONE", begin, end)

    def find_word(self, word, begin, end):
        """The first time that `word` stands alone between two places, and in no comment."""
        for i in range(begin[0], end[0] + 1):
            if self.vanishes(i):
                continue
            lo = begin[1] if i == begin[0] else 0
            hi = end[1] if i == end[0] else len(self.lines[i])
            m = re.compile(r"(?<!\S)%s(?!\S)" % word, re.IGNORECASE).search(self.lines[i], lo, hi)
            if m:
                yield i, m.start(), len(word)
                return

    def edits(self, what, rng):
        """line -> [(column, length, text)], the last first."""
        edits = {}
        for insn in self.insns:
            if CASE in what:
                for line, col, n in self.keywords_of(insn):
                    word = "".join(rng.choice((c.upper(), c.lower()))
                                   for c in self.lines[line][col:col + n])
                    edits.setdefault(line, []).append((col, n, word))
            if BREAKS in what:
                for line, col in self.breaks_of(insn):
                    if rng.random() < 0.7:
                        text = self.escape + blanks(rng) + "\n" + blanks(rng)
                        edits.setdefault(line, []).append((col, 0, text))
        for e in edits.values():
            e.sort(reverse=True)
        return edits

    def comments(self, i, rng):
        """Lines that may stand before line i, where an instruction begins. A comment may belong to
        the instruction below it ("# check="), but that is about warnings only. Before the first
        instruction directives may stand, so that nothing there may look like one."""
        pool = COMMENTS_ANYWHERE + ([] if i == self.insns[0].first else COMMENTS_LATER)
        return rng.choices(pool + ["", " \t"], k=rng.randrange(4))

    def write(self, variant, seed):
        what, rng = VARIANTS[variant], random.Random(seed)
        if not self.knows_lines:  # it is no Dockerfile: only what needs no knowledge of it
            what = what & {CRLF, MARK}
        if self.style_is_an_error:  # casing and empty lines can be errors then
            what = what - {CASE, COMMENTS}
        edits = self.edits(what, rng)
        firsts = {insn.first for insn in self.insns}
        out = []
        for i, line in enumerate(self.lines):
            eol = "\r\n" if CRLF in what and i not in self.frozen else "\n"
            if COMMENTS in what and i in firsts:
                out += [c + eol for c in self.comments(i, rng)]
            if i not in self.frozen:
                line = self.write_line(i, line.rstrip("\r") if CRLF in what else line, what, rng,
                                       edits.get(i, []))
            out += [piece + eol for piece in line.split("\n")]
            if COMMENTS in what and self.goes_on(i) and i < self.owner[i].last:
                comments = COMMENTS_ANYWHERE + COMMENTS_LATER
                out += [c + eol for c in rng.choices(comments, k=rng.randrange(3))]
        text = "".join(out)
        if not self.has_last_newline:
            text = text[:-2] if text.endswith("\r\n") else text[:-1]
        return BOM + text if self.has_mark != (MARK in what) else text

    def write_line(self, i, line, what, rng, edits):
        end = len(line.rstrip("\r"))
        line, carriage_returns = line[:end], line[end:]
        for col, n, text in edits:
            line = line[:col] + text + line[col + n:]
        if self.goes_on(i):
            if BREAKS in what:
                line = line.rstrip(" \t") + blanks(rng)
        elif BLANKS in what:
            line = line.rstrip(" \t") + blanks(rng)
        return line + carriage_returns


def blanks(rng):
    return "".join(rng.choices(" \t", k=rng.randrange(4)))


def read(path):
    with open(path, "rb") as f:
        return f.read().decode("utf-8", "surrogateescape")


def variants_of(path, program, seed):
    """(variant, text) of each that differs from the original."""
    text = read(path)
    r = Rewriter(text, program)
    for variant in VARIANTS:
        # The name that a file has below its directory: the same wherever that is.
        name = "/".join(os.path.abspath(path).split("/")[-2:])
        after = r.write(variant, "%d %s %s" % (seed, name, variant))
        if after != text:
            yield variant, after


def check_print(program, text, before):
    printed = program.run("dockerfile", text)
    if printed is None:
        if before is not None:
            raise Failed("what is accepted can't be printed")
        return
    compare(before, program.compile(printed))
    if program.run("dockerfile", printed) != printed:
        raise Failed("printed again, it is another text")


def check_file(path, args, can_print):
    """(number of texts compared, messages)."""
    program = Program(args.spec2ir, os.path.dirname(os.path.abspath(path)))
    n, failures, variant = 0, [], "original"
    try:
        text = read(path)
        before = program.compile(text)
        for variant, after in variants_of(path, program, args.seed):
            n += 1
            try:
                compare(before, program.compile(after))
            except Failed as e:
                failures.append("%s: %s: %s" % (path, variant, e))
        variant = "printed"
        if can_print:
            n += 1
            check_print(program, text, before)
    except (Failed, subprocess.TimeoutExpired) as e:
        failures.append("%s: %s: %s" % (path, variant, e))
    return n, failures


def find(paths):
    for path in paths:
        if os.path.isdir(path):
            for where, dirs, names in os.walk(path):
                dirs.sort()
                yield from (os.path.join(where, n) for n in sorted(names)
                            if n == "Dockerfile" or n.endswith(".Dockerfile"))
        else:
            yield path


def check_all(args):
    help_text = subprocess.run([args.spec2ir, "--help"], capture_output=True, check=True).stdout
    can_print = re.search(rb"--to=FORMAT .*\bdockerfile\b", help_text) is not None
    print("seed %d" % args.seed)
    if not can_print:
        print("nothing is printed: this spec2ir has no --to=dockerfile")
    files, compared, late = list(find(args.paths)), 0, 0
    end = time.monotonic() + args.seconds
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(lambda f: check_file(f, args, can_print)
                            if time.monotonic() < end else None, f) for f in files]
        for job in jobs:
            if job.result() is None:
                late += 1
                continue
            compared += job.result()[0]
            failed += len(job.result()[1]) > 0
            for message in job.result()[1]:
                print(message)
    print("%d files, %d texts compared, %d files failed" % (len(files) - late, compared, failed))
    if late:
        print("%d more files: no time left after %d s" % (late, args.seconds))
    if compared == 0:
        print("nothing was compared")
    return 1 if failed or compared == 0 else 0


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--spec2ir", required=True)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--seconds", type=int, default=3600, help="start no file after these")
    ap.add_argument("--write", choices=VARIANTS, help="only print this variant of the file")
    ap.add_argument("paths", nargs="+")
    args = ap.parse_args()
    if not args.write:
        return check_all(args)
    program = Program(args.spec2ir, os.path.dirname(os.path.abspath(args.paths[0])))
    text = dict(variants_of(args.paths[0], program, args.seed)).get(args.write)
    if text is None:
        print("this variant is the original", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
