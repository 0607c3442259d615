# SPDX-License-Identifier: Apache-2.0
"""Imports and exports real files with the tool, and compares what comes back with the files.

    python3 round_trip_files.py ARRIVAL FOLDER

Takes each CSV, TSV and JSON file below the folder, also inside of archives (.whl, .zip, .tar.gz,
.deb). What is stored must be exactly what Python's csv and json read. Rows that are missing must be
reported, and a file that is refused must have a message. Prints one line for each file that is not
exact, and a summary.
"""

import collections
import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

from compare_readers import Refused, as_exported, integer, is_refused, members, real, refuse

TABLES = (".csv", ".tsv", ".tab")
SUFFIXES = TABLES + (".json", ".jsonl", ".ndjson")
LARGEST = 20 << 20
csv.field_size_limit(1 << 30)


def is_wanted(name):
    name = name.lower()
    return name.removesuffix(".gz").endswith(SUFFIXES)


def files(path):
    """The wanted files at a path, with their bytes."""
    if os.path.isdir(path):
        for name in sorted(os.listdir(path)):
            yield from files(os.path.join(path, name))
    elif path.endswith((".whl", ".zip")):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if is_wanted(entry.filename):
                    yield f"{os.path.basename(path)}:{entry.filename}", archive.read(entry)
    elif path.endswith(".deb"):
        data = subprocess.run(
            ["dpkg-deb", "--fsys-tarfile", path], capture_output=True, check=True).stdout
        yield from tar_files(path, io.BytesIO(data))
    elif path.endswith((".tar.gz", ".tgz")):
        yield from tar_files(path, open(path, "rb"))
    elif is_wanted(path):
        with open(path, "rb") as file:
            yield path, file.read()


def tar_files(path, file):
    with tarfile.open(fileobj=file) as archive:
        for entry in archive:
            if not entry.isfile():
                continue
            name = f"{os.path.basename(path)}:{entry.name}"
            if is_wanted(entry.name):
                yield name, archive.extractfile(entry).read()
            elif entry.name.endswith((".tar.gz", ".tgz")):
                yield from tar_files(name, io.BytesIO(archive.extractfile(entry).read()))


def run(arrival, *arguments):
    return subprocess.run([arrival, *arguments], capture_output=True, check=False)


def stored(arrival, database):
    if not os.path.exists(database):
        return []
    lines = run(arrival, "export", database).stdout.decode().splitlines()
    return [json.loads(line)["properties"] for line in lines]


def form(value):
    """A form in which equal values are equal, and others are not."""
    return json.dumps(value, sort_keys=True)


def table_readings(data):
    """What the table can mean: one reading for each delimiter and encoding."""
    for encoding in ("utf-8-sig", "utf-16", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        for delimiter in ",;\t|:":
            for is_strict in (True, False):
                try:
                    yield [row for row in csv.reader(
                        io.StringIO(text, newline=""), delimiter=delimiter, strict=is_strict)
                        if row]
                except csv.Error:
                    pass
            # Without quotes, as TSV is meant.
            yield [line.split(delimiter) for line in re.split("\r\n|\r|\n", text) if line]
        if encoding != "latin-1":
            return


def compare_table(data, entities):
    """Whether the entities are rows of the table, and how many rows are missing."""
    found = collections.Counter(form(sorted(entity.values())) for entity in entities)
    least = None
    for rows in table_readings(data):
        if not rows:
            continue
        # The tool skips lines of spaces, if there are several columns.
        body = [
            row for row in rows[1:] if len(rows[0]) == 1 or len(row) > 1 or row[0].strip(" ")]
        expected = collections.Counter(form(sorted(row)) for row in body)
        if found - expected:
            continue
        missing = sum((expected - found).values())
        if least is None or missing < least:
            least = missing
    return least


def json_values(data):
    text = data.decode("utf-8-sig")
    hooks = dict(
        object_pairs_hook=members, parse_int=integer, parse_float=real, parse_constant=refuse)
    if text.lstrip()[:1] == "[":
        return list(json.loads(text))
    try:
        return [json.loads(text, **hooks)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def compare_json(data, entities):
    try:
        values = json_values(data)
    except (ValueError, Refused, RecursionError):
        return None if entities else 0
    expected = collections.Counter()
    for value in values:
        if isinstance(value, dict) and not any(is_refused(*item) for item in value.items()):
            expected[form({name: as_exported(part) for name, part in value.items()})] += 1
    found = collections.Counter(form(entity) for entity in entities)
    if found - expected:
        return None
    return len(values) - sum(found.values())


def check(arrival, name, data):
    """The outcome for a file: exact, partly or refused, with the messages of the tool."""
    lower = name.lower()
    with tempfile.TemporaryDirectory(prefix="arrival-files-") as folder:
        suffix = lower.removesuffix(".gz").rsplit(".", 1)[1]
        path = os.path.join(folder, "K." + suffix + (".gz" if lower.endswith(".gz") else ""))
        with open(path, "wb") as file:
            file.write(data)
        database = os.path.join(folder, "a.db")
        outcome = run(arrival, "import", database, path, "--kind", "K")
        messages = outcome.stderr.decode()
        if "add --encoding" in messages or "--encoding latin-1" in messages:
            database = os.path.join(folder, "b.db")
            outcome = run(
                arrival, "import", database, path, "--kind", "K", "--encoding", "latin-1")
            messages = outcome.stderr.decode()
        entities = stored(arrival, database)
        content = gzip.decompress(data) if lower.endswith(".gz") else data
        compare = compare_table if "." + suffix in TABLES else compare_json
        missing = compare(content, entities)
        if outcome.returncode == 2 and not entities:
            assert messages.strip(), "refused without a message"
            return "refused", messages
        assert outcome.returncode in (0, 1), f"exit code {outcome.returncode}: {messages}"
        assert missing is not None, f"something else is stored than the file has: {messages}"
        if outcome.returncode == 0:
            assert missing == 0, f"{missing} rows are missing, and the exit code is 0"
            return "exact", messages
        assert messages.strip(), "rows are missing without a message"
        return "partly", messages


def main():
    arrival, folder = sys.argv[1], sys.argv[2]
    counts = collections.Counter()
    seen = set()
    for name, data in files(folder):
        if len(data) > LARGEST or data in seen:
            continue
        seen.add(data)
        try:
            outcome, messages = check(arrival, name, data)
        except (AssertionError, ValueError) as error:
            outcome, messages = "WRONG", str(error)
        counts[outcome] += 1
        if outcome != "exact":
            lines = messages.strip().splitlines()
            print(f"{outcome}: {name}\n  " + "\n  ".join(lines[:3]), flush=True)
    total = sum(counts.values())
    print(
        f"{total} files: {counts['exact']} exact, {counts['partly']} with rows that were reported, "
        f"{counts['refused']} refused with a message, {counts['WRONG']} wrong")
    sys.exit(1 if counts["WRONG"] or total < 100 else 0)


if __name__ == "__main__":
    main()
