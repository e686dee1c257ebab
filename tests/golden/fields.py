# SPDX-License-Identifier: Apache-2.0
"""Compares the field tables of ir/field.c, as tests/golden/fields prints them on standard input,
with the places that say the same to people and to other programs: the JSON Schema, the tables of
obkit-ir(5), and the tables that ids.py hashes by. Arguments: the schema, the page."""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ids

KINDS = ["from", "scratch", "run", "copy", "mkdir", "add", "file"]
COMMAND = [["argv", "strings"], ["shell", "strings or string"], ["command", "string"]]
wrong = 0


def differ(where, there, code):
    global wrong
    if there != code:
        wrong = 1
        print(f"{where}: {there}, and ir/field.c says {code}")


def read_code():
    """{table: [[name, type, required, default, need, values]]} and the names of capabilities."""
    tables, needs = {k: [] for k in KINDS}, []
    for line in sys.stdin:
        table, *field = line.rstrip("\n").split("\t")
        if table == "needs":
            needs += field
        elif field[0]:
            field[5] = field[5].split(",") if field[5] else []
            tables.setdefault(table, []).append(field)
        else:
            tables[table] += [[n, t, "one of them", "", "", []] for n, t in COMMAND]
    return tables, needs


# The schema: in a property, what stands for each type.
REFS = {"string": "string", "name": "string", "text": "text", "absolute": "text",
        "string_or_text": "string or text", "number": "number", "strings": "strings",
        "texts": "texts", "text_pairs": "pairs of text", "string_pairs": "pairs of strings",
        "command": "command", "healthcheck": "object"}
DEFAULTS = {"empty": "", "[]": [], "false": False, "0": 0}


def schema_type(p):
    if "enum" in p:
        return "string"
    if p.get("type") == "array":
        return "files" if p["items"]["$ref"].endswith("/content") else "objects"
    return p.get("type") or REFS[p["$ref"].rpartition("/")[2]]


def check_schema(path, tables, needs):
    with open(path, encoding="utf-8") as f:
        defs = json.load(f)["$defs"]
    differ("schema: step.kind", defs["step"]["properties"]["kind"]["enum"], KINDS)
    differ("schema: need", defs["need"]["enum"], needs)
    for table, fields in tables.items():
        properties, required = defs[table]["properties"], defs[table].get("required", [])
        differ(f"schema: {table}: names", list(properties), [f[0] for f in fields])
        differ(f"schema: {table}: additionalProperties", defs[table]["additionalProperties"], False)
        for name, kind, is_required, default, need, values in fields:
            p, where = properties.get(name, {}), f"schema: {table}.{name}"
            if is_required == "one of them" or not p:
                continue
            differ(f"{where}: type", schema_type(p), kind)
            differ(f"{where}: enum", p.get("enum", []), values)
            differ(f"{where}: x-need", p.get("x-need", ""), need)
            differ(f"{where}: is required", name in required, is_required == "required")
            if not is_required and kind not in ("command", "object"):
                differ(f"{where}: default", p.get("default"), DEFAULTS.get(default, default))


# The page: the tables in their order there.
PAGE = ["from", "run", "mount", "device", "content", "copy", "mkdir", "add", "file", "config",
        "healthcheck"]


def page_tables(path):
    """[[name, type, default or None, meaning]] for each table whose rows are fields."""
    with open(path, encoding="utf-8") as f:
        bodies = re.findall(r"\nlb l[ l]*\.\n(field\|type\|.*?)\n\.TE", f.read(), re.S)
    for body in bodies:
        head, *rows = body.split("\n")
        rows = [re.sub(r"\\f.|\\\(..", "", r).split("|") for r in rows]
        has_default = "default" in head
        yield [[name, r[1], r[2] if has_default else None, r[-1]]
               for r in rows for name in r[0].split(", ")]


def check_page(path, tables, needs):
    found = list(page_tables(path))
    differ("page: number of tables", len(found), len(PAGE))
    for table, rows in zip(PAGE, found):
        fields = tables[table]
        differ(f"page: {table}: names", [r[0] for r in rows], [f[0] for f in fields])
        for (name, kind, default, meaning), f in zip(rows, fields):
            differ(f"page: {table}.{name}: type", kind, f[1])
            if default is not None:
                differ(f"page: {table}.{name}: default", default, "" if f[2] else f[3])
            for v in f[5]:
                differ(f"page: {table}.{name}: says {v}", v in re.findall(r"\w+", meaning), True)
    with open(path, encoding="utf-8") as f:
        rows = re.search(r"\nname\|needed by\n(.*?)\n\.TE", f.read(), re.S)[1].split("\n")
    differ("page: capabilities", [r.split("|")[0] for r in rows], needs)


# ids.py: its types are numbers, or the list of an object's fields.
TYPES = {"string": ids.STR, "text": ids.TEXT, "string or text": ids.STR_OR_TEXT,
         "boolean": ids.BOOL, "number": ids.INT, "strings": ids.STRS, "texts": ids.TEXTS,
         "pairs of text": ids.PAIRS, "pairs of strings": ids.STR_PAIRS}
OBJECTS = {"mounts": ids.MOUNT, "devices": ids.DEVICE, "scripts": ids.FILE, "files": ids.FILE}


def check_ids(tables):
    theirs = {**ids.FIELDS, "mount": ids.MOUNT, "device": ids.DEVICE, "content": ids.FILE}
    for table, rows in theirs.items():
        ours = [f for f in tables[table] if f[2] != "one of them"]
        rows = [r for r in rows if r[1] != ids.COMMAND]
        want = [(f[0], OBJECTS.get(f[0], TYPES.get(f[1])), DEFAULTS.get(f[3], f[3])) for f in ours]
        differ(f"ids.py: {table}", rows, want)


code_tables, code_needs = read_code()
check_schema(sys.argv[1], code_tables, code_needs)
check_page(sys.argv[2], code_tables, code_needs)
check_ids(code_tables)
sys.exit(wrong)
