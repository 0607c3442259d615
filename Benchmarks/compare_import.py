# SPDX-License-Identifier: Apache-2.0
"""Measures how fast tools import a table, side by side.

    python3 compare_import.py ARRIVAL ROWS

The table has five columns of strings. Each tool stores it in a new file, with an index on every
column where the line says so; Arrival always has one. Prints a table in Markdown: rows per second,
processor time, and the peak of memory of the largest process. The shortest of three runs counts.
"""

import csv
import os
import random
import shutil
import sys
import tempfile
import time

COLUMNS = ["name", "city", "email", "note", "code"]
RUNS = int(os.environ.get("RUNS", "3"))


def write_table(path, rows):
    rng = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(3, 9))) for _ in range(5000)]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows):
            first, last = rng.choice(words), rng.choice(words)
            writer.writerow([
                f"{first} {last}", rng.choice(words), f"{first}.{last}{number}@example.com",
                " ".join(rng.choices(words, k=4)), f"{rng.getrandbits(40):010x}"])


def measure(commands, folder):
    """Wall time, processor time and peak memory in MiB of some commands in a row."""
    start = time.monotonic()
    processor, memory = 0.0, 0
    for command in commands:
        pid = os.fork()
        if pid == 0:
            os.chdir(folder)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            os.execvp(command[0], command)
        _, status, usage = os.wait4(pid, 0)
        if status != 0:
            sys.exit(f"failed: {' '.join(command)}")
        processor += usage.ru_utime + usage.ru_stime
        memory = max(memory, usage.ru_maxrss / 1024)
    return time.monotonic() - start, processor, memory


def contenders(arrival, table):
    create = "".join(f"CREATE INDEX i_{name} ON t ({name});" for name in COLUMNS)
    yield "`arrival import`, all indexed", [[arrival, "import", "a.db", table, "--kind", "t"]]
    if shutil.which("sqlite3"):
        load = ["sqlite3", "s.db", ".mode csv", f".import {table} t"]
        yield "`sqlite3 .import`", [load]
        yield "`sqlite3 .import`, then an index on each column", [load, ["sqlite3", "s.db", create]]
    if shutil.which("sqlite-utils"):
        load = ["sqlite-utils", "insert", "u.db", "t", table, "--csv"]
        indexes = [["sqlite-utils", "create-index", "u.db", "t", name] for name in COLUMNS]
        yield "`sqlite-utils insert`", [load]
        yield "`sqlite-utils insert`, then an index on each column", [load] + indexes
    try:
        import duckdb  # noqa: F401
    except ImportError:
        return
    load = f"CREATE TABLE t AS SELECT * FROM read_csv('{table}', all_varchar=true);"
    code = "import duckdb; duckdb.connect('d.db').execute("
    yield "DuckDB `read_csv`", [[sys.executable, "-c", f"{code}\"{load}\")"]]
    yield "DuckDB `read_csv`, then an index on each column", [
        [sys.executable, "-c", f"{code}\"{load + create}\")"]]


def main():
    arrival, rows = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="arrival-compare-import-") as folder:
        table = os.path.join(folder, "t.csv")
        write_table(table, rows)
        everyone = list(contenders(arrival, table))
        best = {}
        # One after the other in each round, so that a busy machine slows all of them.
        for _ in range(RUNS):
            for name, commands in everyone:
                for file in os.listdir(folder):
                    if not file.endswith(".csv"):
                        os.unlink(os.path.join(folder, file))
                outcome = measure(commands, folder)
                if name not in best or outcome < best[name]:
                    best[name] = outcome
        print(f"{rows:,} rows of {len(COLUMNS)} strings, the shortest of {RUNS} runs\n")
        print("| tool | rows a second | seconds | processor seconds | peak of memory |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for name, (wall, processor, memory) in best.items():
            print(
                f"| {name} | {rows / wall:,.0f} | {wall:.1f} | {processor:.1f} | "
                f"{memory:.0f} MiB |")


main()
