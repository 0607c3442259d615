# SPDX-License-Identifier: Apache-2.0
"""Puts the rows of a table and reads them back through one future each, with google-cloud-ndb.

    python ndb_rows.py TABLE PROJECT     (DATASTORE_EMULATOR_HOST names the server)

Prints the RPCs and the seconds that storing and reading back took.
"""

import collections
import csv
import os
import sys
import time

import grpc

calls = collections.Counter()


class Counting(grpc.UnaryUnaryClientInterceptor):
    def intercept_unary_unary(self, continuation, details, request):
        calls[details.method.rsplit("/", 1)[1]] += 1
        return continuation(details, request)


plain_channel = grpc.insecure_channel
grpc.insecure_channel = lambda *arguments, **options: grpc.intercept_channel(
    plain_channel(*arguments, **options), Counting()
)

from google.auth.credentials import AnonymousCredentials  # noqa: E402
from google.cloud import ndb  # noqa: E402


class Row(ndb.Model):
    number = ndb.TextProperty()
    text = ndb.TextProperty()


table, project = sys.argv[1:]
os.environ["GOOGLE_CLOUD_PROJECT"] = project
client = ndb.Client(project=project, credentials=AnonymousCredentials())
with open(table, newline="") as file:
    rows = list(csv.DictReader(file))

start = time.perf_counter()
with client.context():
    puts = [Row(id=index + 1, **row).put_async() for index, row in enumerate(rows)]
    for put in puts:
        put.check_success()
stored = time.perf_counter()
# Another context, whose cache is empty.
with client.context():
    gets = [ndb.Key(Row, index + 1).get_async() for index in range(len(rows))]
    for row, get in zip(rows, gets):
        assert get.get_result().text == row["text"]
read = time.perf_counter()
print(sum(calls.values()), f"{stored - start:.3f} {read - stored:.3f}")
print(", ".join(f"{count} {name}" for name, count in sorted(calls.items())), file=sys.stderr)
