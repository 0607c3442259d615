# SPDX-License-Identifier: Apache-2.0
"""Writes and reads entities with Google's own Python clients, for DatastoreCloudTests.

    python round_trip.py write|check PROJECT     (DATASTORE_EMULATOR_HOST names the server)

`write` writes one entity with each client. `check` reads the entities that the tests have written,
and fails if a value differs.
"""

import datetime
import os
import sys

from google.auth.credentials import AnonymousCredentials
from google.cloud import datastore, ndb
from google.cloud.datastore.helpers import GeoPoint

what, project = sys.argv[1:]
os.environ["DATASTORE_PROJECT_ID"] = os.environ["GOOGLE_CLOUD_PROJECT"] = project
client = datastore.Client(project=project, namespace="n")
UTC = datetime.timezone.utc


def expected():
    other = client.key("Other", 7, "Child", "näme")
    inner = datastore.Entity(exclude_from_indexes=("note",))
    inner.update({"city": "Oslo", "note": "x" * 2000})
    return {
        "null": None,
        "yes": True,
        "no": False,
        "smallest": -(2**63),
        "largest": 2**63 - 1,
        "double": 0.1,
        "text": "Zürich 🏔 東京",
        "bytes": b"\x00\x7f\x80\xff",
        "time": datetime.datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC),
        "before": datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        "key": other,
        "place": GeoPoint(-89.5, 179.25),
        "list": [3, "b", None, 2.5, True],
        "empty": [],
        "inner": inner,
        "long": "y" * 3000,
        "longs": ["z" * 2000, "short"],
    }


class Thing(ndb.Model):
    text = ndb.StringProperty()
    long = ndb.TextProperty()
    number = ndb.IntegerProperty()
    double = ndb.FloatProperty()
    flag = ndb.BooleanProperty()
    time = ndb.DateTimeProperty()
    blob = ndb.BlobProperty()
    place = ndb.GeoPtProperty()
    key_ = ndb.KeyProperty(name="other")
    numbers = ndb.IntegerProperty(repeated=True)


def thing():
    return dict(
        text="Zürich",
        long="y" * 3000,
        number=41,
        double=2.5,
        flag=True,
        time=datetime.datetime(2023, 11, 14, 22, 13, 20, 123456),
        blob=b"\x00\xff",
        place=ndb.GeoPt(52.5, 13.4),
        key_=ndb.Key("Other", 7),
        numbers=[3, 1, 2],
    )


if what == "write":
    entity = datastore.Entity(
        client.key("FromPython", "a"), exclude_from_indexes=("long", "longs", "null")
    )
    entity.update(expected())
    client.put(entity)
    with ndb.Client(project=project, credentials=AnonymousCredentials()).context():
        Thing(id="ndb", **thing()).put()
else:
    found = client.get(client.key("FromSwift", "a"))
    assert found is not None, "the entity is missing"
    for name, value in expected().items():
        assert name in found, f"{name} is missing"
        assert found[name] == value, f"{name}: {found[name]!r} and not {value!r}"
        assert type(found[name]) is type(value) or name in ("time", "before"), name
    assert {"long", "longs", "null"} <= set(found.exclude_from_indexes), found.exclude_from_indexes
    assert "text" not in found.exclude_from_indexes
    assert found["inner"].exclude_from_indexes == {"note"}
    with ndb.Client(project=project, credentials=AnonymousCredentials()).context():
        mine = Thing.get_by_id("swift")
        assert mine is not None, "NDB does not find the entity"
        for name, value in thing().items():
            assert getattr(mine, name) == value, f"NDB: {name}: {getattr(mine, name)!r}"
        found = [thing.key.id() for thing in Thing.query(Thing.number == 41).fetch()]
        assert "swift" in found
print("good")
