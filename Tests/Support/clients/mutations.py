# SPDX-License-Identifier: Apache-2.0
"""Sends requests that were valid before they were changed, over gRPC and HTTP.

mutations.py PROGRAM [COUNT [SEED]]

Each reply must come in time and parse, or be an error that blames the request and names no path
and no secret. Afterwards the server is well and its files are whole.
"""
import atexit
import base64
import http.client
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

import grpc
from google.cloud.datastore_v1 import types
from google.protobuf import json_format

program = sys.argv[1]
count = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 17
random.seed(seed)
TOKEN = "the-secret-token-of-this-server"
LIMIT = 20
METHODS = {
    "Lookup": (types.LookupRequest, types.LookupResponse),
    "RunQuery": (types.RunQueryRequest, types.RunQueryResponse),
    "RunAggregationQuery": (types.RunAggregationQueryRequest, types.RunAggregationQueryResponse),
    "BeginTransaction": (types.BeginTransactionRequest, types.BeginTransactionResponse),
    "Commit": (types.CommitRequest, types.CommitResponse),
    "Rollback": (types.RollbackRequest, types.RollbackResponse),
    "AllocateIds": (types.AllocateIdsRequest, types.AllocateIdsResponse),
    "ReserveIds": (types.ReserveIdsRequest, types.ReserveIdsResponse),
}
# What a request alone can be blamed for.
BLAME = {"INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "ABORTED",
         "RESOURCE_EXHAUSTED", "OUT_OF_RANGE", "UNIMPLEMENTED"}


def key(*path, project="p", namespace=""):
    steps = [{"kind": kind, **({"id": name} if isinstance(name, int) else
                               {"name": name} if name else {})} for kind, name in path]
    return {"partition_id": {"project_id": project, "namespace_id": namespace}, "path": steps}


MOMENT = {"seconds": 1_790_000_000, "nanos": 123_456_000}
VALUES = {
    "null": {"null_value": 0}, "flag": {"boolean_value": True}, "n": {"integer_value": 7},
    "x": {"double_value": 2.5}, "at": {"timestamp_value": MOMENT},
    "key": {"key_value": key(("A", 1), ("B", "b"))}, "s": {"string_value": "text"},
    "bytes": {"blob_value": b"\0\xff"}, "geo": {"geo_point_value": {"latitude": 1, "longitude": 2}},
    "entity": {"entity_value": {"properties": {"a": {"integer_value": 1}}}},
    "array": {"array_value": {"values": [{"integer_value": 1}, {"string_value": "b"}]}},
    "quiet": {"string_value": "quiet", "exclude_from_indexes": True, "meaning": 15},
}


def entity(*path, **values):
    return {"key": key(*path), "properties": values or VALUES}


def compare(name, op, value):
    return {"property_filter": {"property": {"name": name}, "op": op, "value": value}}


def both(*filters, op="AND"):
    return {"composite_filter": {"op": op, "filters": list(filters)}}


QUERIES = [
    {"kind": [{"name": "A"}], "limit": 5, "offset": 1},
    {"kind": [{"name": "A"}], "filter": compare("n", "EQUAL", {"integer_value": 7}),
     "order": [{"property": {"name": "n"}, "direction": "DESCENDING"}]},
    {"kind": [{"name": "A"}], "filter": both(
        compare("n", "GREATER_THAN", {"integer_value": 1}),
        compare("s", "IN", {"array_value": {"values": [{"string_value": "text"}]}}),
        both(compare("flag", "EQUAL", {"boolean_value": True}),
             compare("x", "LESS_THAN_OR_EQUAL", {"double_value": 9}), op="OR"))},
    {"kind": [{"name": "A"}], "filter": compare(
        "__key__", "HAS_ANCESTOR", {"key_value": key(("A", 1))})},
    {"kind": [{"name": "A"}], "filter": compare(
        "n", "NOT_IN", {"array_value": {"values": [{"integer_value": 1}]}})},
    {"kind": [{"name": "A"}], "projection": [{"property": {"name": "n"}}],
     "distinct_on": [{"name": "n"}], "start_cursor": b"\x01\x02", "end_cursor": b"\x03"},
    {"kind": [{"name": "__property__"}], "projection": [{"property": {"name": "__key__"}}]},
    {"kind": [{"name": "V"}], "find_nearest": {
        "vector_property": {"name": "v"}, "distance_measure": "EUCLIDEAN", "limit": 3,
        "query_vector": {"array_value": {"values": [{"double_value": 1}, {"double_value": 2}]}}}},
]
GQL = [
    {"query_string": "SELECT * FROM A WHERE n > @low AND s IN ARRAY('a', @1) ORDER BY n DESC",
     "named_bindings": {"low": {"value": {"integer_value": 1}}},
     "positional_bindings": [{"value": {"string_value": "b"}}]},
    {"query_string": "SELECT DISTINCT ON (n) n, s FROM A LIMIT 3 OFFSET 1",
     "allow_literals": True},
    {"query_string": "AGGREGATE COUNT(*) AS c, SUM(n) OVER (SELECT * FROM A WHERE x < 9.5)",
     "allow_literals": True},
]
READS = [{}, {"read_consistency": "EVENTUAL"}, {"new_transaction": {"read_write": {}}},
         {"new_transaction": {"read_only": {"read_time": MOMENT}}}, {"transaction": b"12345678"},
         {"read_time": MOMENT}]
MUTATIONS = [
    {"insert": entity(("A", ""))}, {"upsert": entity(("A", 1))},
    {"update": entity(("A", 1)), "base_version": 5, "conflict_resolution_strategy": "FAIL"},
    {"upsert": entity(("A", "name")), "update_time": MOMENT},
    {"delete": key(("A", 1), ("B", "b"))},
    {"upsert": entity(("A", 1), n={"integer_value": 3}),
     "property_mask": {"paths": ["n", "s"]},
     "property_transforms": [
         {"property": "n", "increment": {"integer_value": 1}},
         {"property": "at", "set_to_server_value": "REQUEST_TIME"},
         {"property": "array", "append_missing_elements": {"values": [{"integer_value": 1}]}},
         {"property": "x", "maximum": {"double_value": 8}}]},
]


def seeds():
    """Valid requests of all forms, as (method, bytes)."""
    found = []

    def add(method, **fields):
        request = METHODS[method][0](project_id="p", **fields)
        found.append((method, METHODS[method][0].serialize(request)))

    for read in READS:
        add("Lookup", keys=[key(("A", 1)), key(("A", "name"), ("B", 2), namespace="n")],
            read_options=read, property_mask={"paths": ["n"]})
        add("RunQuery", query=random.choice(QUERIES), read_options=read)
    for query in QUERIES:
        add("RunQuery", query=query, partition_id={"namespace_id": "n"},
            explain_options={"analyze": True})
        add("RunAggregationQuery", aggregation_query={
            "nested_query": {name: part for name, part in query.items() if name != "projection"},
            "aggregations": [{"count": {"up_to": 5}, "alias": "c"},
                             {"sum": {"property": {"name": "n"}}, "alias": "s"},
                             {"avg": {"property": {"name": "x"}}}]},
            explain_options={"analyze": False})
    for query in GQL:
        add("RunQuery", gql_query=query)
        add("RunAggregationQuery", gql_query=query)
    for mutation in MUTATIONS:
        add("Commit", mode="NON_TRANSACTIONAL", mutations=[mutation])
        add("Commit", mode="TRANSACTIONAL", mutations=[mutation],
            single_use_transaction={"read_write": {}})
    add("Commit", mode="TRANSACTIONAL", transaction=b"12345678", mutations=MUTATIONS)
    add("BeginTransaction", transaction_options={
        "read_write": {"previous_transaction": b"12345678"}})
    add("BeginTransaction", database_id="named", transaction_options={"read_only": {}})
    add("Rollback", transaction=b"12345678")
    add("AllocateIds", keys=[key(("A", "")), key(("A", 1), ("B", ""))])
    add("ReserveIds", keys=[key(("A", 5)), key(("A", "n"))], database_id="named")
    return found


# Messages on the wire, as lists of (field number, wire type, value).

def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place


def written(value):
    value &= (1 << 64) - 1
    data = bytearray()
    while value >= 128:
        data.append(value & 127 | 128)
        value >>= 7
    data.append(value)
    return bytes(data)


def parse(data):
    """The fields; None if the bytes are no message."""
    fields, place = [], 0
    try:
        while place < len(data):
            tag, place = varint(data, place)
            number, kind = tag >> 3, tag & 7
            if number == 0:
                return None
            if kind == 0:
                value, place = varint(data, place)
            elif kind == 2:
                length, place = varint(data, place)
                value = data[place:place + length]
                if len(value) < length:
                    return None
                place += length
            elif kind in (1, 5):
                length = 8 if kind == 1 else 4
                value = data[place:place + length]
                if len(value) < length:
                    return None
                place += length
            else:
                return None
            fields.append((number, kind, value))
    except IndexError:
        return None
    return fields


def serialize(fields):
    data = bytearray()
    for number, kind, value in fields:
        data += written(number << 3 | kind)
        if kind == 0:
            data += written(value)
        else:
            data += (written(len(value)) if kind == 2 else b"") + value
    return bytes(data)


NUMBERS = [0, 1, 2, 3, 7, 127, 128, 2**31 - 1, 2**31, 2**32, 2**53, 2**62, 2**63 - 1, 2**63,
           2**64 - 1, 2**64 - 1000]
TEXTS = [b"", b"\0", b"__key__", b"__x__", b"__kind__", b"a.b", b"*", b"'", b"\xff\xfe", b"..",
         b"../../outside", b"%2e%2e%2foutside", b"/etc/passwd", b"x" * 1501, "é".encode(), b"-1",
         "e\u0301\U0001f30d".encode() * 50, b"SELECT", b"named", b"p", b"A", b"n" * 101]
FIXED = [b"\0" * 8, b"\xff" * 8, b"\0\0\0\0\0\0\xf0\x7f", b"\0\0\0\0\0\0\xf8\x7f",
         b"\0" * 7 + b"\x80"]


def nested(value):
    """A value deep inside arrays and entities."""
    for _ in range(random.choice([5, 19, 21, 90, 110, 3000])):
        if random.random() < 0.5:
            value = serialize([(9, 2, serialize([(1, 2, value)]))])
        else:
            entry = serialize([(1, 2, b"a"), (2, 2, value)])
            value = serialize([(6, 2, serialize([(3, 2, entry)]))])
    return value


def change(data, others, depth=0):
    fields = parse(data)
    if not fields or depth > 12 or random.random() < 0.04:
        return broken(data)
    index = random.randrange(len(fields))
    number, kind, value = fields[index]
    # Mostly something inside a message.
    if kind == 2 and parse(value) and random.random() < 0.8:
        fields[index] = (number, kind, change(value, others, depth + 1))
        return serialize(fields)
    action = random.randrange(10)
    if action == 0:
        del fields[index]
    elif action == 1:
        fields += [fields[index]] * random.choice([1, 2, 40])
    elif action == 2:
        fields[index] = (random.choice([number + 1, number - 1 or 1, 1, 17, 200]), kind, value)
    elif action == 3:
        other = parse(random.choice(others)) or fields
        fields.insert(index, random.choice(other))
    elif action == 4:
        random.shuffle(fields)
    elif action == 5 and kind == 2:
        fields[index] = (number, kind, nested(value))
    elif kind == 0:
        fields[index] = (number, kind, random.choice(NUMBERS))
    elif kind == 2:
        fields[index] = (number, kind, random.choice(TEXTS))
    else:
        fields[index] = (number, kind, random.choice(FIXED)[:len(value)])
    return serialize(fields)


def broken(data):
    data = bytearray(data or b"\0")
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(data))
        action = random.randrange(4)
        if action == 0:
            data[place] ^= 1 << random.randrange(8)
        elif action == 1:
            data[place] = random.randrange(256)
        elif action == 2 and len(data) > 1:
            del data[place:place + random.randint(1, 4)]
            data = data or bytearray(b"\0")
        else:
            data[place:place] = random.randbytes(random.randint(1, 4))
    return bytes(data)


class Server:
    def __init__(self, *options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = open(os.path.join(folder, "server.log"), "a+")
        self.process = subprocess.Popen(
            [program, "serve", "--host-port", f"127.0.0.1:{self.port}", "--token-file",
             token_file, *options], stdout=subprocess.DEVNULL, stderr=self.log)
        atexit.register(self.process.kill)
        for _ in range(1000):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except OSError:
                time.sleep(0.01)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self.http = None

    def grpc(self, method, data):
        call = self.channel.unary_unary(f"/google.datastore.v1.Datastore/{method}")
        try:
            reply = call(data, timeout=LIMIT, metadata=[("authorization", f"Bearer {TOKEN}")])
            return "OK", reply, ""
        except grpc.RpcError as error:
            return error.code().name, b"", error.details() or ""

    def post(self, method, body, content_type):
        # The path names a project too.
        named = random.choice(["p"] * 20 + ["../..", "a/b", "q:r", "%"])
        self.project = urllib.parse.quote(named, safe="")
        name = method[0].lower() + method[1:]
        for attempt in (1, 2):
            try:
                self.http = self.http or http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=LIMIT)
                self.http.request("POST", f"/v1/projects/{self.project}:{name}", body, {
                    "Content-Type": content_type, "Authorization": f"Bearer {TOKEN}"})
                response = self.http.getresponse()
                return response.status, response.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.http = None
                if attempt == 2:
                    raise

    def protobuf(self, method, data):
        status, reply = self.post(method, data, "application/x-protobuf")
        if status == 200:
            return "OK", reply, ""
        if status == 404 and reply.startswith(b"There is nothing"):
            return "NOT_FOUND", b"", reply.decode()
        fields = parse(reply) or []
        code = next((value for number, _, value in fields if number == 1), 0)
        text = next((value for number, _, value in fields if number == 2), reply)
        codes = {code.value[0]: code.name for code in grpc.StatusCode}
        return codes.get(code, f"HTTP {status}"), b"", text.decode("utf-8", "replace")

    def json(self, method, data):
        """The message as JSON, changed there."""
        try:
            message = METHODS[method][0].deserialize(data)
            text = json_format.MessageToJson(METHODS[method][0].pb(message))
        except Exception:
            text = base64.b64encode(data).decode()
        text = bytearray(text.encode("utf-8", "surrogatepass"))
        for _ in range(random.choice([0, 0, 1, 3])):
            place = random.randrange(len(text))
            text[place:place + random.choice([0, 1, 1, 6])] = random.choice(
                [b"{", b"}", b"[", b'"', b"1e999", b"null", b"-", b"\\ud800", b"\xff", b"true"])
        status, reply = self.post(method, bytes(text), "application/json")
        try:
            reply = json.loads(reply)
        except ValueError:
            code = "NOT_FOUND" if status == 404 else f"HTTP {status}"
            return code, b"", reply.decode("utf-8", "replace")
        if status == 200:
            return "OK", None, ""
        return reply["error"]["status"], b"", reply["error"]["message"]

    def stop(self):
        self.process.terminate()
        if self.process.wait(timeout=30) != 0:
            sys.exit(f"the server ended with {self.process.returncode}")


def fail(what, method, data):
    server.log.seek(0)
    sys.exit(f"{what}\nseed {seed}, {way} {method}: {base64.b64encode(data).decode()[:4000]}\n"
             f"{server.log.read()[-3000:]}")


folder = tempfile.mkdtemp()
token_file = os.path.join(folder, "token")
with open(token_file, "w") as file:
    file.write(TOKEN)
# What an error must not have.
forbidden = re.compile("|".join([
    re.escape(folder), TOKEN, r"\.swift\b", "sqlite", "SQL", r"/usr/", r"/home/", "Fatal",
    r"Optional\(", r"NIO\w", r"GRPC\w", r"SwiftProtobuf"]))
data_folder = os.path.join(folder, "data")
results = {}
valid = seeds()
others = [data for _, data in valid]
slowest = 0
for options in (["--database", os.path.join(folder, "one.db")], ["--data-dir", data_folder]):
    server = Server(*options)
    running = b"12345678"
    for number in range(count // 2):
        method, data = random.choice(valid)
        # Changes may meet an open transaction.
        data = data.replace(b"12345678", running) if len(running) == 8 else data
        for _ in range(random.choice([0, 1, 1, 1, 2, 4])):
            data = change(data, others)
        way = random.choice(["grpc", "protobuf", "json"])
        began = time.monotonic()
        try:
            code, reply, message = getattr(server, way)(method, data)
        except (OSError, http.client.HTTPException) as error:
            fail(f"no reply: {error!r}", method, data)
        slowest = max(slowest, time.monotonic() - began)
        if code == "OK" and reply is not None:
            parsed = METHODS[method][1].deserialize(reply)
            if method == "BeginTransaction" and random.random() < 0.3:
                running = parsed.transaction
        elif code != "OK" and code not in BLAME:
            fail(f"{code}: {message}", method, data)
        found = forbidden.search(message)
        # A message may repeat what the request says.
        if found and found.group().encode() not in data:
            fail(f"the error tells {found.group()}: {message}", method, data)
        results[code] = results.get(code, 0) + 1
        if server.process.poll() is not None:
            fail(f"the server ended with {server.process.returncode}", method, data)
    status, _ = server.post("Lookup", b'{"keys":[{"path":[{"kind":"A","id":"1"}]}]}',
                            "application/json")
    server.stop()
outside = [name for name in os.listdir(folder)
           if name not in ("token", "server.log", "data") and not name.startswith("one.db")]
if outside:
    sys.exit(f"files outside of the data's folder: {outside}")
files = [os.path.join(folder, "one.db")] + [
    os.path.join(place, name) for place, _, names in os.walk(data_folder) for name in names
    if name.endswith(".arrival")]
for file in files:
    check = subprocess.run([program, "check", file], capture_output=True, text=True)
    if check.returncode != 0:
        sys.exit(f"{file}: {check.stdout}{check.stderr}")
print(f"{count} changed requests, seed {seed}: {dict(sorted(results.items()))}; "
      f"the slowest took {slowest:.2f} s; {len(files)} files are whole")
