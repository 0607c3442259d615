# SPDX-License-Identifier: Apache-2.0
"""Transactions of many clients that give up, die, meet resets and ends of the server.

transactions.py PROGRAM. Needs google-cloud-datastore. Each part counts in entities and compares
them with what the server has acknowledged.
"""
import os
import random
import signal
import sys
import tempfile
import threading
import time

import grpc
from google.cloud.datastore_v1.types import CommitRequest, LookupRequest

from serving import Server

METHOD = "/google.datastore.v1.Datastore/"


def key(number):
    return {"path": [{"kind": "Counter", "id": str(number)}]}


def upsert(number, count):
    return {"upsert": {"key": key(number), "properties": {"n": {"integerValue": str(count)}}}}


def put(server, number, count):
    return server.call("commit", {
        "mode": "NON_TRANSACTIONAL", "mutations": [upsert(number, count)]})


def value(reply):
    found = reply.get("found")
    return int(found[0]["entity"]["properties"]["n"]["integerValue"]) if found else None


def count(server, number):
    return value(server.call("lookup", {"keys": [key(number)]})[1])


def begin(server, number=None):
    """A transaction that has read an entity."""
    if number is None:
        return server.call("beginTransaction", {})[1]["transaction"]
    status, reply = server.call("lookup", {
        "keys": [key(number)], "readOptions": {"newTransaction": {"readWrite": {}}}})
    assert status == 200, reply
    return reply["transaction"]


def increment(server, number):
    """Adds one in a transaction; returns the status of the call that ended it, and the count."""
    status, reply = server.call("lookup", {
        "keys": [key(number)], "readOptions": {"newTransaction": {"readWrite": {}}}})
    if status != 200:
        return status, reply
    next = (value(reply) or 0) + 1
    status, reply = server.call("commit", {
        "transaction": reply["transaction"], "mode": "TRANSACTIONAL",
        "mutations": [upsert(number, next)]})
    return status, next if status == 200 else reply


def together(bodies):
    failures = []

    def run(body):
        try:
            body()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def nothing_is_lost(clients, *modes):
    """Servers of one folder, each with its own concurrency, on one counter."""
    with tempfile.TemporaryDirectory() as folder:
        servers = [Server("--data-dir", folder, "--concurrency", mode) for mode in modes]
        put(servers[0], 1, 0)
        acknowledged, aborted, lock = [0], [0], threading.Lock()

        def client(server):
            left = 10
            while left:
                status, reply = increment(server, 1)
                assert status in (200, 409), reply
                with lock:
                    (acknowledged if status == 200 else aborted)[0] += 1
                left -= status == 200

        together([lambda n=n: client(servers[n % len(servers)]) for n in range(clients)])
        found = count(servers[0], 1)
        assert found == acknowledged[0] == 10 * clients, (found, acknowledged)
        print(f"{clients} clients of {' and '.join(modes)}: {found} of {found} increments, "
              f"{aborted[0]} aborted", flush=True)
        for server in servers:
            server.stop()


def clients_that_give_up():
    server = Server("--concurrency", "pessimistic")
    put(server, 1, 0)
    channel = grpc.insecure_channel(f"127.0.0.1:{server.port}")
    wanted = {"path": [{"kind": "Counter", "id": 1}], "partition_id": {"project_id": "p"}}
    lookup = LookupRequest(project_id="p", keys=[wanted], read_options={
        "new_transaction": {"read_write": {}}})
    write = CommitRequest(project_id="p", mode="NON_TRANSACTIONAL", mutations=[
        {"upsert": {"key": wanted, "properties": {"n": {"integer_value": 99}}}}])
    calls = [("Lookup", LookupRequest, lookup), ("Commit", CommitRequest, write)]
    for name, kind, request in calls:
        call = channel.unary_unary(METHOD + name, request_serializer=kind.serialize)
        for ending in ["deadline", "cancel"]:
            holder = begin(server, 1)
            waiting = [call.future(request, timeout=0.5 if ending == "deadline" else 30)
                       for _ in range(20)]
            time.sleep(1)
            for future in waiting:
                future.cancel()
            time.sleep(0.2)
            server.call("rollback", {"transaction": holder})
            began = time.monotonic()
            status, reply = put(server, 1, 5)
            took = time.monotonic() - began
            assert status == 200 and took < 0.5, (name, ending, reply, took)
            assert count(server, 1) == 5
    # The connection is closed while a lookup waits.
    holder = begin(server, 1)
    lookups = channel.unary_unary(METHOD + "Lookup", request_serializer=LookupRequest.serialize)
    waiting = [lookups.future(lookup) for _ in range(20)]
    time.sleep(0.5)
    channel.close()
    time.sleep(0.2)
    server.call("rollback", {"transaction": holder})
    status, reply = put(server, 1, 6)
    assert status == 200, reply
    print("clients that give up while they wait: their calls take no locks", flush=True)
    server.stop()


def many_open():
    for options in [[], ["--database", "FILE"], ["--concurrency", "pessimistic"]]:
        with tempfile.TemporaryDirectory() as folder:
            server = Server(*[os.path.join(folder, "f.db") if o == "FILE" else o for o in options])
            put(server, 1, 0)
            began = time.monotonic()
            opened = [begin(server) for _ in range(1000)]
            if "pessimistic" not in options:
                for transaction in opened:
                    status, _ = server.call("lookup", {
                        "keys": [key(1)], "readOptions": {"transaction": transaction}})
                    assert status == 200
            took = time.monotonic() - began
            assert put(server, 1, 1)[0] == 200
            assert increment(server, 1)[0] == 200
            print(f"1,000 open transactions {options}: {took:.1f} s, {server.memory()} MB",
                  flush=True)
            server.stop()


def resets(*options):
    """Resets during transactions: each call succeeds, is aborted or is told of the reset."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(*[folder + "/data" if o == "FOLDER" else o for o in options])
        end, seen, lock = time.monotonic() + 4, {}, threading.Lock()

        def client(number):
            while time.monotonic() < end:
                status, reply = increment(server, number)
                message = reply["error"]["message"][:60] if status != 200 else ""
                with lock:
                    seen[status, message] = seen.get((status, message), 0) + 1
                allowed = status in (200, 409) or (status == 400 and "reset" in message)
                assert allowed, (status, reply)

        def resetter():
            while time.monotonic() < end:
                holder = begin(server, 1)
                status, body = server.post("/reset")
                assert status == 200, (status, body)
                status, reply = server.call("commit", {
                    "transaction": holder, "mutations": [upsert(1, 7)]})
                assert status == 400, (status, reply)
                with lock:
                    seen["resets"] = seen.get("resets", 0) + 1
                time.sleep(0.1)

        together([lambda n=n: client(n % 2 + 1) for n in range(4)] + [resetter])
        print(f"resets {options}: {seen}", flush=True)
        server.stop()


def ends():
    """SIGTERM while transactions are begun, have locks, wait and commit."""
    for turn in range(6):
        with tempfile.TemporaryDirectory() as folder:
            server = Server("--data-dir", folder, "--concurrency", "pessimistic")
            holder = begin(server, 1)
            acknowledged = {}

            def client(number):
                try:
                    while True:
                        status, reply = increment(server, number)
                        if status == 200:
                            acknowledged[number] = reply
                except (OSError, Exception):
                    pass

            threads = [threading.Thread(target=client, args=(n,)) for n in (1, 2, 3, 3)]
            for thread in threads:
                thread.start()
            time.sleep(0.2 + 0.1 * turn)
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(timeout=20) == 0
            took = time.monotonic() - began
            assert took < 7, took
            for thread in threads:
                thread.join()
            server = Server("--data-dir", folder)
            for number, least in acknowledged.items():
                assert count(server, number) >= least, (number, least)
            server.stop()
    print(f"SIGTERM during transactions: ends within {took:.1f} s, nothing is lost", flush=True)


def kills():
    """kill -9 during transactions: what was acknowledged is there, and no lock is."""
    with tempfile.TemporaryDirectory() as folder:
        acknowledged = {}
        for turn in range(10):
            server = Server("--data-dir", folder, "--concurrency", "pessimistic")
            for number, least in acknowledged.items():
                found = count(server, number)
                assert found >= least, (turn, number, found, least)
                assert put(server, number, found)[0] == 200

            def client(number):
                try:
                    while True:
                        status, reply = increment(server, number)
                        if status == 200:
                            acknowledged[number] = max(acknowledged.get(number, 0), reply)
                except Exception:
                    pass

            threads = [threading.Thread(target=client, args=(n % 3,)) for n in range(3, 9)]
            for thread in threads:
                thread.start()
            time.sleep(random.uniform(0.2, 0.6))
            server.process.kill()
            server.process.wait()
            for thread in threads:
                thread.join()
        print(f"killed 10 times during transactions: {sum(acknowledged.values())} acknowledged "
              f"commits, none lost", flush=True)


def main():
    for clients in [2, 5, 12]:
        nothing_is_lost(clients, "pessimistic")
    nothing_is_lost(6, "optimistic")
    nothing_is_lost(6, "pessimistic", "optimistic")
    nothing_is_lost(6, "pessimistic", "pessimistic")
    clients_that_give_up()
    many_open()
    for mode in ["optimistic", "pessimistic"]:
        resets("--concurrency", mode)
        resets("--concurrency", mode, "--data-dir", "FOLDER")
        resets("--concurrency", mode, "--database", "FOLDER")
    ends()
    kills()
    print("transactions: all of it is as it should be")


main()
