# SPDX-License-Identifier: Apache-2.0
"""Kills a server under load again and again, and looks for acknowledged writes that are lost.

kill.py PROGRAM FOLDER ROUNDS
"""
import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time

program, folder, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]


def call(connection, method, body):
    connection.request("POST", f"/v1/projects/p:{method}", json.dumps(body))
    response = connection.getresponse()
    reply = json.load(response)
    if response.status != 200:
        raise OSError(reply)
    return reply


def write(number):
    return {"mode": "NON_TRANSACTIONAL", "mutations": [{"upsert": {
        "key": {"path": [{"kind": "Write", "id": str(number)}]},
        "properties": {"n": {"integerValue": str(number)}}}}]}


def lost(numbers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    missing = 0
    for start in range(0, len(numbers), 500):
        keys = [{"path": [{"kind": "Write", "id": str(n)}]} for n in numbers[start:start + 500]]
        missing += len(call(connection, "lookup", {"keys": keys}).get("missing", []))
    return missing


acknowledged, missing, starts = [], 0, []
for turn in range(rounds + 1):
    began = time.monotonic()
    server = subprocess.Popen(
        [program, "serve", "--host-port", f"127.0.0.1:{port}", "--data-dir", folder],
        stderr=subprocess.DEVNULL)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.002)
    starts.append(time.monotonic() - began)
    missing += lost(acknowledged)
    if turn == rounds:
        server.terminate()
        break

    def work(number):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            while True:
                number += 1
                call(connection, "commit", write(number))
                acknowledged.append(number)
        except (OSError, http.client.HTTPException, ValueError):
            pass

    threads = [threading.Thread(target=work, args=((turn * 8 + n + 1) * 1_000_000,))
               for n in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(random.uniform(0.1, 0.6))
    server.send_signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    server.wait()

print(f"killed {rounds} times, {len(acknowledged)} acknowledged writes, {missing} lost, "
      f"start after a kill {sorted(starts)[len(starts) // 2]:.3f} s in the median")
sys.exit(missing > 0)
