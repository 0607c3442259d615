# SPDX-License-Identifier: Apache-2.0
"""Exchanges what only some clients write: NDB's structures and compressed values, versions, times,
masks and transforms. For DatastoreCloudTests.

    python round_trip_ndb.py write PROJECT
    python round_trip_ndb.py check PROJECT READ_TIME     (DATASTORE_EMULATOR_HOST names the server)

`write` writes entities and prints what the server said of them, a name and a value in each line.
`check` reads the entities that the tests have written, and fails if a value differs. READ_TIME is
a time in microseconds, before the tests changed the counter.
"""

import datetime
import os
import sys

from google.auth.credentials import AnonymousCredentials
from google.cloud import datastore, ndb
from google.cloud.datastore_v1 import types

what, project = sys.argv[1:3]
os.environ["DATASTORE_PROJECT_ID"] = os.environ["GOOGLE_CLOUD_PROJECT"] = project
client = datastore.Client(project=project)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)


class Address(ndb.Model):
    city = ndb.StringProperty()
    zip = ndb.IntegerProperty()
    note = ndb.TextProperty()


class House(ndb.Model):
    home = ndb.StructuredProperty(Address)
    others = ndb.StructuredProperty(Address, repeated=True)
    marks = ndb.StructuredProperty(Address, repeated=True)
    tags = ndb.StringProperty(repeated=True)
    local = ndb.LocalStructuredProperty(Address)
    text = ndb.TextProperty(compressed=True)
    blob = ndb.BlobProperty(compressed=True)
    data = ndb.JsonProperty(compressed=True)


def structures():
    return dict(
        home=Address(city="Oslo", zip=1, note="näh"),
        others=[Address(city="Rom", zip=2), Address(city="Ulm", note="x" * 2000)],
        # Only in structures does NDB take None as an element.
        marks=[Address(), Address(city="Bonn"), Address()],
        tags=[],
        local=Address(city="Bern", zip=3),
    )


def compressed():
    return dict(text="long " * 100, blob=b"\x00\xff" * 100, data={"a": [1, None]})


def context(legacy):
    cloud = ndb.Client(project=project, credentials=AnonymousCredentials())
    return cloud.context(legacy_data=legacy, cache_policy=False)


def expect(found, expected, what):
    assert found == expected, f"{what}: {found!r} and not {expected!r}"


counter = client.key("Counter", "python")
if what == "write":
    for name, legacy in [("flat", True), ("nested", False)]:
        with context(legacy):
            key = House(id=name, **structures(), **compressed()).put()
            print("urlsafe", key.urlsafe().decode())
            print("legacy_urlsafe", key.to_legacy_urlsafe("s~").decode())
    entity = datastore.Entity(counter)
    entity.update({"n": 1, "text": "one", "list": [1, 2]})
    client.put(entity)
    api = client._datastore_api
    # Of the properties only "text" is written, and "n" is counted up.
    api.commit(
        request={
            "project_id": project,
            "mode": types.CommitRequest.Mode.NON_TRANSACTIONAL,
            "mutations": [
                types.Mutation(
                    upsert=types.Entity(
                        key=counter.to_protobuf(),
                        properties={
                            "text": types.Value(string_value="two"),
                            "n": types.Value(integer_value=99),
                        },
                    ),
                    property_mask=types.PropertyMask(paths=["text"]),
                    property_transforms=[
                        types.PropertyTransform(
                            property="n", increment=types.Value(integer_value=41)
                        )
                    ],
                )
            ],
        }
    )
    found = api.lookup(request={"project_id": project, "keys": [counter.to_protobuf()]}).found[0]
    print("version", found.version)
    print("create_time", (found.create_time - EPOCH) // MICROSECOND)
    print("update_time", (found.update_time - EPOCH) // MICROSECOND)
else:
    for name in ["flat-copy", "nested-copy", "swift"]:
        with context(True):
            house = House.get_by_id(name)
            assert house is not None, f"{name} is missing"
            # As dictionaries: what NDB has read has keys of its own.
            found, expected = house.to_dict(), House(**structures()).to_dict()
            for field in structures():
                expect(found[field], expected[field], f"{name}: {field}")
            if name != "swift":
                for field, value in compressed().items():
                    expect(getattr(house, field), value, f"{name}: {field}")
    with context(True):
        found = [house.key.id() for house in House.query(House.home.city == "Oslo").fetch()]
        assert "swift" in found, found
    now = client.get(counter)
    expect(dict(now), {"n": 52, "text": "three", "list": [2, 3]}, "the counter")
    before = client.get(counter, read_time=EPOCH + int(sys.argv[3]) * MICROSECOND)
    expect(dict(before), {"n": 42, "text": "two", "list": [1, 2]}, "the counter before")
print("good")
