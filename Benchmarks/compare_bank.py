# SPDX-License-Identifier: Apache-2.0
"""Measures two banks: compare_bank.py ARRIVAL-BANK GRDB-BANK ROUNDS. Called by compare-bank."""
import concurrent.futures
import http.client
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ACCOUNTS = 1000
CONNECTIONS = 64
SECONDS = 5


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Bank:
    def __init__(self, name, program, folder):
        self.name = name
        self.port, debug_port = free_port(), free_port()
        environment = dict(os.environ, BANK_PORT=str(self.port), BANK_DEBUG_PORT=str(debug_port),
                           BANK_FILE=os.path.join(folder, name + ".db"), LOG_LEVEL="error")
        self.process = subprocess.Popen(
            [program], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.local = http.client.HTTPConnection("127.0.0.1", self.port)
        self.debug = http.client.HTTPConnection("127.0.0.1", debug_port)
        for _ in range(500):
            try:
                self.call("GET", "/accounts/1")
                break
            except OSError:
                self.local.close()
                time.sleep(0.02)
        self.ids = []
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.ids = list(pool.map(self.open_account, range(ACCOUNTS)))

    def call(self, method, path, body=None, connection=None):
        connection = connection or self.local
        connection.request(method, path, body and json.dumps(body))
        response = connection.getresponse()
        return response.status, response.read()

    def open_account(self, number):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        status, body = self.call(
            "POST", "/accounts", {"owner": f"owner {number}", "balance": 1000}, connection)
        assert status in (200, 201), body
        connection.close()
        return json.loads(body)["id"]

    def lookups(self):
        """The lookups so far; None if the bank does not count."""
        try:
            _, body = self.call("GET", "/metrics", connection=self.debug)
        except ConnectionRefusedError:
            self.debug.close()
            return None
        found = re.findall(r'arrival_rpcs\{[^}]*method="lookup"[^}]*\} ([0-9.]+)', body.decode())
        return sum(float(number) for number in found)

    def processor_time(self):
        with open(f"/proc/{self.process.pid}/stat") as status:
            fields = status.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def load(self, folder):
        """Requests a second, the 99th percentile in ms, processor time and lookups a request."""
        script = os.path.join(folder, self.name + ".lua")
        with open(script, "w") as file:
            ids = ",".join(f'"{id}"' for id in self.ids)
            file.write(f"local ids = {{{ids}}}\nlocal next = 0\n"
                       "request = function()\n  next = next % #ids + 1\n"
                       '  return wrk.format("GET", "/accounts/" .. ids[next])\nend\n'
                       "done = function(summary, latency)\n"
                       '  print("RESULT", summary.requests, summary.duration,'
                       " latency:percentile(99), summary.errors.status)\nend\n")
        lookups, used = self.lookups(), self.processor_time()
        output = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script,
             f"http://127.0.0.1:{self.port}"], capture_output=True, text=True, check=True).stdout
        fields = re.search(r"RESULT\s+(\d+)\s+(\d+)\s+([\d.]+)\s+(\d+)", output)
        requests, duration, latency, errors = map(float, fields.groups())
        assert errors == 0, output
        used = 1e6 * (self.processor_time() - used) / requests
        made = None if lookups is None else (self.lookups() - lookups) / requests
        return requests / (duration / 1e6), latency / 1e3, used, made

    def burst(self, count):
        """The lookups that `count` gets at once need, over connections that are open."""
        sockets = []
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", self.port))
            one.sendall(b"GET /accounts/1 HTTP/1.1\r\nHost: bank\r\n\r\n")
            one.recv(65536)
            sockets.append(one)
        before = self.lookups()
        for one, id in zip(sockets, self.ids):
            one.sendall(f"GET /accounts/{id} HTTP/1.1\r\nHost: bank\r\n\r\n".encode())
        for one in sockets:
            assert b" 200 " in one.recv(65536)[:40]
            one.close()
        return None if before is None else self.lookups() - before

    def transfers(self, count):
        """The seconds that `count` transfers at once between two accounts take."""
        def transfer(_):
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
            body = {"from": self.ids[0], "to": self.ids[1], "amount": 1}
            status, text = self.call("POST", "/transfers", body, connection)
            connection.close()
            return status, text
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            began = time.monotonic()
            results = list(pool.map(transfer, range(count)))
            took = time.monotonic() - began
        assert all(status == 200 for status, _ in results), results
        return took

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


with tempfile.TemporaryDirectory() as folder:
    banks = [Bank("Arrival", sys.argv[1], folder), Bank("GRDB", sys.argv[2], folder)]
    rounds = {bank.name: [] for bank in banks}
    bursts = {bank.name: [] for bank in banks}
    transfers = {bank.name: [] for bank in banks}
    for _ in range(int(sys.argv[3])):
        for bank in banks:
            rounds[bank.name].append(bank.load(folder))
    for _ in range(20):
        for bank in banks:
            bursts[bank.name].append(bank.burst(100))
            transfers[bank.name].append(bank.transfers(50))
    for bank in banks:
        bank.stop()

print(f"{os.cpu_count()} cores, {time.strftime('%F')}, load {os.getloadavg()[0]:.1f}\n")
print("| | requests/s | p99, ms | processor time a request, µs | lookups a request "
      "| lookups for 100 gets at once: median, most | 50 transfers at once, s: median, most |")
print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
for name, values in rounds.items():
    rate, latency, used, made = (
        None if None in column else statistics.median(column) for column in zip(*values))
    burst = ("" if None in bursts[name] else
             f"{statistics.median(bursts[name]):.0f}, {max(bursts[name]):.0f}")
    print(f"| {name} | {rate:,.0f} | {latency:.1f} | {used:.0f} | "
          f"{'' if made is None else f'{made:.3f}'} | {burst} | "
          f"{statistics.median(transfers[name]):.3f}, {max(transfers[name]):.3f} |")
