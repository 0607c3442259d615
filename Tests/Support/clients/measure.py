# SPDX-License-Identifier: Apache-2.0
"""Measures a server of the Datastore API: measure.py NAME SECONDS-OF-LOAD LOAD-PROGRAM COMMAND...

PORT in the command is replaced by a free port. Prints one line for each figure.
"""
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

name, seconds, load = sys.argv[1], sys.argv[2], sys.argv[3]
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
command = [part.replace("PORT", str(port)) for part in sys.argv[4:]]
os.environ["DATASTORE_EMULATOR_HOST"] = f"127.0.0.1:{port}"
os.environ["DATASTORE_PROJECT_ID"] = "measured"
os.environ["GOOGLE_CLOUD_PROJECT"] = "measured"

from google.auth import credentials  # noqa: E402
from google.cloud import ndb  # noqa: E402


def start():
    """A server, and the seconds until its first answer."""
    began = time.monotonic()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
            return server, time.monotonic() - began
        except OSError:
            if server.poll() is not None:
                sys.exit(f"{command} ended with {server.returncode}")
            time.sleep(0.002)


def memory(server, field):
    with open(f"/proc/{server.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024


def processor_time(server):
    """Seconds of the processor that the server has used."""
    with open(f"/proc/{server.pid}/stat") as status:
        fields = status.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(what, text):
    print(f"{name}\t{what}\t{text}", flush=True)


starts = []
for _ in range(5):
    server, took = start()
    starts.append(took)
    server.kill()
    server.wait()
report("start", f"{sorted(starts)[2]:.3f} s")

server, _ = start()
time.sleep(2)
report("idle memory", f"{memory(server, 'VmRSS'):.0f} MB")


class Item(ndb.Model):
    number = ndb.IntegerProperty()
    text = ndb.StringProperty()


client = ndb.Client(project="measured", credentials=credentials.AnonymousCredentials())
with client.context(cache_policy=False, global_cache=None):
    began = time.monotonic()
    for number in range(10000):
        Item(id=number + 1, number=number, text=f"text {number}").put()
    report("10,000 puts", f"{time.monotonic() - began:.1f} s")
    began = time.monotonic()
    for number in range(10000):
        assert ndb.Key(Item, number + 1).get().number == number
    report("10,000 gets", f"{time.monotonic() - began:.1f} s")

for arguments in (["raw", "32", f"{seconds}s", "put"], ["raw", "32", f"{seconds}s", "get"],
                  ["clients", "32", f"{seconds}s"], ["contention", "12"]):
    before = processor_time(server)
    result = subprocess.run([load] + arguments, capture_output=True, text=True, timeout=300)
    lines = result.stdout.strip() or result.stderr.strip()[-300:]
    requests = re.search(r"([0-9]+) requests,", lines)
    if requests:
        used = 1e6 * (processor_time(server) - before) / int(requests[1])
        lines += f"; the server's processor time is {used:.0f} \u00b5s a request"
    report(" ".join(arguments), lines)
report("peak memory", f"{memory(server, 'VmHWM'):.0f} MB")
server.kill()
server.wait()
