# SPDX-License-Identifier: Apache-2.0
"""Compares the tool's readers with Python's csv and json, on random files.

    python3 compare_readers.py ARRIVAL SEED CASES

Each case writes a file, imports it with the tool, exports the entities, and compares them with what
Python reads. A file that Python refuses must be reported by the tool, and the other way round. A
failure prints its seed, and leaves the file.
"""

import codecs
import csv
import gzip
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

PIECES = [
    "", "a", "0", " ", '"', '""', ",", ";", "\t", "|", ":", "\n", "\r", "\r\n", "#", "ß", "日本",
    "🇨🇭", "\u0000", "NA", "1.5", "'",
]


class Refused(Exception):
    """Python refuses the file, or the tool documents that it does."""


def run(arrival, *arguments):
    return subprocess.run([arrival, *arguments], capture_output=True, check=False)


def stored(arrival, folder, name, *options):
    """The outcome of an import, and the properties of the entities by key."""
    database = os.path.join(folder, "a.db")
    outcome = run(arrival, "import", database, os.path.join(folder, name), *options)
    entities = {}
    if os.path.exists(database):
        for line in run(arrival, "export", database).stdout.decode().splitlines():
            entity = json.loads(line)
            entities[entity["key"]] = entity["properties"]
    return outcome, entities


# Tables


def random_table(rng):
    delimiter = rng.choice(",;|\t:")
    columns = rng.randint(2, 5)
    rows = [
        ["".join(rng.choice(PIECES) for _ in range(rng.randint(0, 4))) for _ in range(columns)]
        for _ in range(rng.randint(1, 60))
    ]
    names = [f"c{number}" for number in range(columns)]
    if rng.random() < 0.3:
        names[1] += f"{delimiter}\n(EUR)"
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=delimiter, lineterminator=rng.choice(["\n", "\r\n", "\r"]),
        quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer.writerow(["n"] + names)
    for number, row in enumerate(rows, 1):
        writer.writerow([f"r{number}"] + row)
    text = text.getvalue()
    if rng.random() < 0.4:
        text = damaged(rng, text, ['"', delimiter, "\n", "\r", "x"])
    return delimiter, text


def damaged(rng, text, pieces):
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(text))
        text = text[:place] + rng.choice(pieces) + text[place + rng.randint(0, 1):]
    return text


def encoded(rng, text):
    """The bytes of a text in one of the encodings, and the options that name it."""
    choice = rng.choice(
        ["utf-8", "utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
    options = []
    if choice.startswith("utf-16"):
        mark = codecs.BOM_UTF16_LE if choice.endswith("le") else codecs.BOM_UTF16_BE
        data = mark + text.encode(choice)
    else:
        try:
            data = text.encode(choice)
        except UnicodeEncodeError:
            choice = "utf-8"
            data = text.encode(choice)
        if choice in ("latin-1", "cp1252"):
            options = ["--encoding", "latin-1" if choice == "latin-1" else "windows-1252"]
    if rng.random() < 0.2:
        data = gzip.compress(data)
    return data, options


def expected_rows(text, delimiter):
    """The header and the rows of a table; of each row, whether Python could read it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return [row for row in reader if row]


def check_table(arrival, rng, folder):
    delimiter, text = random_table(rng)
    data, options = encoded(rng, text)
    with open(os.path.join(folder, "K.csv"), "wb") as file:
        file.write(data)
    options += ["--delimiter", "tab" if delimiter == "\t" else delimiter, "--quote", '"']
    try:
        rows = expected_rows(text, delimiter)
    except csv.Error:
        rows = None
    outcome, entities = stored(arrival, folder, "K.csv", "--key", "n", *options)
    if rows is None or not rows or "n" not in rows[0]:
        assert outcome.returncode != 0, "the tool accepts what Python refuses"
        return
    header = rows[0]
    names = [name.strip(" \t") for name in header]
    if len(set(names)) != len(names) or "" in names or "\0" in text.split("\n")[0]:
        return
    place = names.index("n")
    good = [row for row in rows[1:] if len(row) == len(header) and row[place]]
    keys = {row[place]: row for row in good}
    is_complete = len(keys) == len(rows) - 1
    assert (outcome.returncode == 0) == (is_complete and len(rows) > 1), (
        f"exit code {outcome.returncode}, but Python reads {len(keys)} of {len(rows) - 1} rows")
    if outcome.returncode not in (0, 1):
        return
    values = sorted(
        [dict(zip(names, row)) for row in keys.values()], key=lambda row: row["n"])
    found = []
    for key, properties in entities.items():
        name = key.split("/", 1)[1]
        name = json.loads(name) if name.startswith('"') else name
        found.append({**properties, "n": name})
    found.sort(key=lambda row: row["n"])
    assert found == values, "the rows differ"


# JSON


def random_value(rng, depth=0, in_array=False):
    kind = rng.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.choice([0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1, rng.randint(-999, 999)])
    if kind == 2:
        return rng.choice([0.5, -0.0, 1e300, 5e-324, rng.random(), rng.uniform(-1e9, 1e9)])
    if kind in (3, 4, 5):
        return "".join(rng.choice(PIECES) for _ in range(rng.randint(0, 4)))
    if kind == 6 and not in_array:
        return [random_value(rng, depth + 1, True) for _ in range(rng.randint(0, 4))]
    return {f"m{number}": random_value(rng, depth + 1) for number in range(rng.randint(0, 4))}


def refuse(text):
    raise Refused(text)


def members(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Refused("a name occurs twice")
    return dict(pairs)


def integer(text):
    value = int(text)
    if not -(2**63) <= value < 2**63:
        raise Refused("the integer does not fit")
    return value


def real(text):
    value = float(text)
    digits = text.lower().split("e")[0]
    if value in (float("inf"), float("-inf")) or value == 0 and digits.strip("-+.0"):
        raise Refused("the number does not fit")
    return value


def read_json(data):
    """What the tool stores of a JSON text. Raises if it must report the text."""
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=members, parse_int=integer, parse_float=real,
            parse_constant=refuse)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Refused(str(error)) from error
    if not isinstance(value, dict):
        raise Refused("no object")
    identifier = value.pop("id", None)
    if isinstance(identifier, bool) or not identifier or not isinstance(identifier, (int, str)):
        raise Refused("no key")
    if any(is_refused(name, member) for name, member in value.items()):
        raise Refused("a rule of the datastore")
    return identifier, {name: as_exported(member) for name, member in value.items()}


def is_refused(name, value):
    if not name or name.startswith("__") and name.endswith("__"):
        return True
    if isinstance(value, list):
        return any(isinstance(part, list) or is_refused("x", part) for part in value)
    if isinstance(value, dict):
        return any(is_refused(name, part) for name, part in value.items())
    return False


def as_exported(value):
    if isinstance(value, list):
        return [as_exported(part) for part in value]
    if isinstance(value, dict):
        return {"entity": {"properties": {name: as_exported(part) for name, part in value.items()}}}
    return value


def check_json(arrival, rng, folder):
    lines = []
    for number in range(1, rng.randint(2, 30)):
        value = random_value(rng)
        value = {"id": number, "v": value, "w": random_value(rng)}
        text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
        if rng.random() < 0.15:
            pieces = ['"', "}", "{", "[", ",", ":", "1", "e", "\\", "\\ud800", "-"]
            text = damaged(rng, text, pieces)
        # The damage must not end the line.
        lines.append(text.encode("utf-8"))
    expected, refused = {}, 0
    for line in lines:
        try:
            identifier, properties = read_json(line)
            refused += identifier in expected
            expected[identifier] = properties
        except Refused:
            refused += 1
    if rng.random() < 0.5 and refused == 0:
        data = b"[" + rng.choice([b",", b",\n", b" , "]).join(lines) + b"]"
    else:
        data = rng.choice([b"\n", b"\r\n", b"\r"]).join(lines) + b"\n"
    if rng.random() < 0.3:
        data = codecs.BOM_UTF8 + data
    with open(os.path.join(folder, "K.json"), "wb") as file:
        file.write(data)
    outcome, entities = stored(arrival, folder, "K.json", "--kind", "K", "--key", "id")
    assert outcome.returncode in (0, 1), f"exit code {outcome.returncode}"
    assert (outcome.returncode == 0) == (refused == 0), (
        f"exit code {outcome.returncode}, but Python refuses {refused} lines")
    found = {}
    for key, properties in entities.items():
        name = key.split("/", 1)[1]
        is_json = name.startswith('"') or name.lstrip("-").isdigit()
        found[json.loads(name) if is_json else name] = properties
    values = {key: expected[key] for key in found if key in expected}
    assert json.dumps(found, sort_keys=True) == json.dumps(values, sort_keys=True), (
        "the values differ")
    assert len(found) == len(expected), f"{len(found)} values instead of {len(expected)}"


def main():
    arrival, seed, cases = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for case in range(cases):
        folder = tempfile.mkdtemp(prefix="arrival-readers-")
        check = check_table if case % 2 == 0 else check_json
        try:
            check(arrival, random.Random(f"{seed}-{case}"), folder)
        except AssertionError as error:
            print(f"case {case} of seed {seed}: {error}\nthe file is in {folder}", file=sys.stderr)
            sys.exit(1)
        shutil.rmtree(folder)
    print(f"{cases} files of seed {seed}: the tool reads what Python reads")


if __name__ == "__main__":
    main()
