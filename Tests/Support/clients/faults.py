# SPDX-License-Identifier: Apache-2.0
"""Clients and disks that fail: the client concerned gets an error, and the server goes on.

faults.py PROGRAM. Needs google-cloud-datastore; the full disk needs the right to mount one.
"""
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time

from serving import Server

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def garbage(server):
    random.seed(17)
    starts = [b"", PREFACE, PREFACE + b"\0\0\0\x04\0\0\0\0\0",
              b"POST /v1/projects/p:commit HTTP/1.1\r\nContent-Length: 5000\r\n\r\n",
              b"POST /v1/projects/p:commit HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"]
    for _ in range(1000):
        connection = server.connect()
        try:
            connection.sendall(random.choice(starts) + random.randbytes(random.randint(0, 5000)))
        except OSError:
            pass
        connection.close()
    server.expect_healthy("1,000 connections with garbage or half a request")
    statuses = {}
    base = json.dumps({"mutations": [{"upsert": {
        "key": {"path": [{"kind": "A", "id": "1"}]}, "properties": {"a": {"arrayValue": {
            "values": [{"integerValue": "1"}, {"doubleValue": 1.5}]}}}}}],
        "mode": "NON_TRANSACTIONAL"}).encode()
    for _ in range(2000):
        body = bytearray(base)
        for _ in range(random.randint(1, 6)):
            body[random.randrange(len(body))] = random.choice(b'{}[]",:0123456789aZ\\\xff\0')
        method = random.choice(["commit", "lookup", "runQuery", "allocateIds", "rollback",
                                "reserveIds", "runAggregationQuery", "beginTransaction"])
        status, _ = server.call(method, bytes(body))
        statuses[status] = statuses.get(status, 0) + 1
    if set(statuses) - {200, 400, 404, 409}:
        raise SystemExit(f"changed requests: {statuses}")
    deep = '{"composite_filter":{"op":"AND","filters":[' * 5000 + "]}}" * 5000
    status, _ = server.call("runQuery", '{"query":{"filter":%s}}' % deep)
    if status != 400:
        raise SystemExit(f"a deep request: {status}")
    server.expect_healthy(f"2,000 changed requests ({statuses}) and a deep one")


def large(server):
    status, reply = server.call("commit", b" " * (100 << 20), timeout=120)
    if status != 413 or reply["error"]["status"] != "RESOURCE_EXHAUSTED":
        raise SystemExit(f"100 MB: {status} {reply}")
    server.expect_healthy(f"a request of 100 MB ({server.memory()} MB)")


def slow_readers(server):
    for number in range(2, 300):
        server.write(number, "x" * 10000)
    query = json.dumps({"query": {"kind": [{"name": "Write"}]}}).encode()
    request = (b"POST /v1/projects/p:runQuery HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
               % len(query) + query)
    readers = [server.connect() for _ in range(20)]
    for reader in readers:
        reader.settimeout(2)
        try:
            reader.sendall(request * 200)
        except OSError:
            pass
    time.sleep(5)
    server.expect_healthy(
        f"20 readers that ask for 600 MB each and read nothing ({server.memory()} MB)")
    for reader in readers:
        reader.close()


def connections(server, count):
    kinds = [b"", b"POST /v1/projects/p:lookup HTTP/1.1\r\nHo", PREFACE + b"\0\0\0\x04\0\0\0\0\0"]
    opened = []
    for number in range(count):
        connection = server.connect()
        connection.sendall(kinds[number % 3])
        opened.append(connection)
    server.expect_healthy(f"{count:,} open connections ({server.memory()} MB)")
    for connection in opened:
        connection.close()
    server.expect_healthy(f"{count:,} closed connections")


def too_many_connections():
    server = Server(files=300)
    opened = [server.connect() for _ in range(500)]
    time.sleep(1)
    for connection in opened:
        connection.close()
    time.sleep(1)
    server.expect_healthy("500 connections with 300 files at most")
    server.stop()


STAGES = """
import os, signal, sys, threading, time
from google.cloud import datastore

client = datastore.Client(project="p")
stage = sys.argv[1]
key = client.key("Locked", 1)
def die(): os.kill(os.getpid(), signal.SIGKILL)
transaction = client.transaction()
transaction.begin()
if stage == "begun": die()
if stage == "waiting":
    threading.Timer(1, die).start()
client.get(key, transaction=transaction)
if stage == "read": die()
entity = datastore.Entity(key)
entity["n"] = 1
transaction.put(entity)
threading.Timer(0.0005 * int(sys.argv[2]), die).start()
transaction.commit()
time.sleep(5)
"""


def dying_clients(python):
    server = Server("--concurrency", "pessimistic")
    environment = dict(os.environ, DATASTORE_EMULATOR_HOST=f"127.0.0.1:{server.port}")
    lookup = {"keys": [{"path": [{"kind": "Locked", "id": "1"}]}]}
    write = {"mode": "NON_TRANSACTIONAL", "mutations": [{"upsert": {
        "key": lookup["keys"][0], "properties": {}}}]}
    stages = [("begun", 0), ("read", 0)] + [("committing", n) for n in range(8)] + [("waiting", 0)]
    for stage, delay in stages:
        holder = None
        if stage == "waiting":
            status, begun = server.call("beginTransaction", {})
            holder = {"transaction": begun["transaction"]}
            server.call("lookup", dict(lookup, readOptions=holder))
        client = subprocess.run(
            [python, "-c", STAGES, stage, str(delay)], env=environment, capture_output=True)
        if client.returncode != -signal.SIGKILL:
            raise SystemExit(f"a client that should die while {stage}: {client.stderr.decode()}")
        if holder:
            server.call("rollback", holder)
        began = time.monotonic()
        while True:
            status, reply = server.call("commit", write)
            if status == 200:
                break
            if time.monotonic() - began > 10 or status != 409:
                raise SystemExit(f"a client died while {stage}: {status} {reply}")
        print(f"a client dies while {stage}: its entity can be written after "
              f"{time.monotonic() - began:.1f} s", flush=True)
    server.stop()


def full_disk(concurrency):
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True)
        if mounted.returncode != 0:
            print("a full disk: skipped, because none can be mounted here")
            return
        try:
            with open(os.path.join(folder, "ballast"), "wb") as ballast:
                ballast.write(b"\0" * (3 << 20))
            options = ["--data-dir", os.path.join(folder, "data"), "--concurrency", concurrency]
            server = Server(*options)
            written, number = [], 0
            while True:
                number += 1
                status, reply = server.write(number, "x" * 50000)
                if status != 200:
                    break
                written.append(number)
            error = reply["error"]
            if error["status"] != "RESOURCE_EXHAUSTED" or folder in error["message"]:
                raise SystemExit(f"a full disk: {reply}")
            status, reply = server.call(
                "lookup", {"keys": [{"path": [{"kind": "Write", "id": "1"}]}]})
            if status != 200 or not reply.get("found"):
                raise SystemExit(f"reading from a full disk: {status} {reply}")
            os.remove(os.path.join(folder, "ballast"))
            server.expect_healthy(
                f"a full disk ({concurrency}, {error['status']}), with room again")
            server.process.kill()
            server.process.wait()
            server = Server(*options)
            keys = [{"path": [{"kind": "Write", "id": str(n)}]} for n in written]
            _, reply = server.call("lookup", {"keys": keys[:50]})
            if reply.get("missing"):
                raise SystemExit(f"lost on the full disk: {reply['missing']}")
            server.stop()
        finally:
            subprocess.run(["umount", folder])


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 30000), hard))
    server = Server()
    garbage(server)
    large(server)
    slow_readers(server)
    connections(server, 10000 if hard >= 12000 else hard - 1000)
    server.stop()
    too_many_connections()
    full_disk("optimistic")
    full_disk("pessimistic")
    dying_clients(sys.executable)
    print("faults: the server survived all of them")


main()
