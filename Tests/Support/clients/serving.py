# SPDX-License-Identifier: Apache-2.0
"""A server of the program that the first argument names, and calls of it over HTTP."""
import http.client
import json
import resource
import socket
import subprocess
import sys
import tempfile
import time

program = sys.argv[1]


class Server:
    def __init__(self, *options, files=None):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = tempfile.TemporaryFile("w+")

        def limit():
            if files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        self.process = subprocess.Popen(
            [program, "serve", "--host-port", f"127.0.0.1:{self.port}", *options],
            stderr=self.log, preexec_fn=limit)
        for _ in range(1000):
            try:
                self.connect().close()
                return
            except OSError:
                time.sleep(0.01)
        raise SystemExit("the server does not start")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def call(self, method, body, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        connection.request("POST", f"/v1/projects/p:{method}", body)
        response = connection.getresponse()
        status, reply = response.status, json.loads(response.read())
        connection.close()
        return status, reply

    def post(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", path)
        response = connection.getresponse()
        status, body = response.status, response.read().decode()
        connection.close()
        return status, body

    def write(self, number, text="x"):
        return self.call("commit", {"mode": "NON_TRANSACTIONAL", "mutations": [{"upsert": {
            "key": {"path": [{"kind": "Write", "id": str(number)}]},
            "properties": {"text": {"stringValue": text, "excludeFromIndexes": True}}}}]})

    def expect_healthy(self, after):
        began = time.monotonic()
        status, reply = self.write(1)
        if self.process.poll() is not None or status != 200:
            self.log.seek(0)
            raise SystemExit(f"not healthy after {after}: {status} {reply}\n{self.log.read()}")
        print(f"{after}: the server goes on, a write takes "
              f"{1000 * (time.monotonic() - began):.0f} ms", flush=True)

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) >> 10

    def stop(self):
        self.process.terminate()
        if self.process.wait(timeout=30) != 0:
            raise SystemExit(f"the server ended with {self.process.returncode}")
