# SPDX-License-Identifier: Apache-2.0
"""Every type of property and every option, stored, read again, and found by a query."""
import datetime
import pickle

from common import MOMENT, client, elsewhere, failure, run
from google.cloud import ndb
from google.cloud.ndb import polymodel


class Inner(ndb.Model):
    name = ndb.StringProperty()
    n = ndb.IntegerProperty(indexed=False)
    at = ndb.DateTimeProperty()


class Outer(ndb.Model):
    inner = ndb.StructuredProperty(Inner)
    label = ndb.StringProperty()


class Zone(datetime.tzinfo):
    def utcoffset(self, moment):
        return datetime.timedelta(hours=2)

    def dst(self, moment):
        return datetime.timedelta(0)

    def __repr__(self):
        return "Zone()"


class Every(ndb.Model):
    integer = ndb.IntegerProperty()
    floating = ndb.FloatProperty()
    boolean = ndb.BooleanProperty()
    string = ndb.StringProperty()
    text = ndb.TextProperty()
    squeezed = ndb.TextProperty(compressed=True)
    blob = ndb.BlobProperty()
    indexed_blob = ndb.BlobProperty(indexed=True)
    packed = ndb.BlobProperty(compressed=True)
    json = ndb.JsonProperty()
    packed_json = ndb.JsonProperty(compressed=True)
    pickled = ndb.PickleProperty()
    packed_pickle = ndb.PickleProperty(compressed=True)
    date = ndb.DateProperty()
    time = ndb.TimeProperty()
    moment = ndb.DateTimeProperty()
    zoned = ndb.DateTimeProperty(tzinfo=Zone())
    place = ndb.GeoPtProperty()
    link = ndb.KeyProperty()
    typed_link = ndb.KeyProperty(kind="Inner")
    # The library cannot store a value of this type.
    blob_key = ndb.BlobKeyProperty()
    user = ndb.UserProperty()
    structured = ndb.StructuredProperty(Inner)
    local = ndb.LocalStructuredProperty(Inner)
    packed_local = ndb.LocalStructuredProperty(Inner, compressed=True)
    outer = ndb.StructuredProperty(Outer)
    generic = ndb.GenericProperty()
    length = ndb.ComputedProperty(lambda self: len(self.string or ""))
    renamed = ndb.StringProperty("r")
    plain = ndb.IntegerProperty(indexed=False)


def full():
    # A key needs a context.
    return dict(
        integer=2**63 - 1, floating=-0.0, boolean=False, string="\u00c9t\u00e9 \U0001f30d \0 end",
        text="t" * 20000, squeezed="s" * 20000, blob=bytes(range(256)),
        indexed_blob=b"\xff\0", packed=b"p" * 20000, json={"a": [1, None, {"b": "\u00e9"}]},
        packed_json=[1, 2.5, "x"], pickled={"s": {1, 2}}, packed_pickle=(1, "b"),
        date=MOMENT.date(),
        time=MOMENT.time(), moment=MOMENT,
        zoned=datetime.datetime(2026, 1, 1, 3, tzinfo=Zone()), place=ndb.GeoPt(-90, 180),
        link=ndb.Key("A", 1, "B", "b", namespace="other"), typed_link=ndb.Key("Inner", "\u00fc"),
        user=ndb.User(email="a@example.com", _auth_domain="d"),
        structured=Inner(name="x", n=1, at=MOMENT), local=Inner(name="y", n=2),
        packed_local=Inner(name="z"), outer=Outer(inner=Inner(name="deep"), label="l"),
        generic="g", renamed="new name", plain=12)


def show(entity):
    for name, value in sorted(entity.to_dict().items()):
        text = repr(value)
        print(f"  {name} = {text[:80]}{f' ({len(text)})' if len(text) > 80 else ''}")


def again(entity):
    key = entity.put()
    ndb.get_context().cache.clear()
    return key.get(use_cache=False)


def all_types():
    show(again(Every(id="full", **full())))
    show(again(Every(id="empty")))
    edges = again(Every(id="edges", integer=-(2**63), floating=float("inf"), string="", text="",
                        blob=b"", json={}, pickled=None, place=ndb.GeoPt(0, 0),
                        moment=datetime.datetime(1, 1, 1), date=datetime.date(9999, 12, 31)))
    show(edges)
    print(again(Every(id="nan", floating=float("nan"))).floating)


def legacy_and_new_structures():
    def store():
        read = again(Every(id="s", structured=Inner(name="x", n=1, at=MOMENT),
                           outer=Outer(inner=Inner(name="deep"), label="l")))
        print(" ", read.structured, read.outer)
        print(" ", Every.query(Every.structured.name == "x").count(),
              Every.query(ndb.FilterNode("outer.inner.name", "=", "deep")).count(),
              Every.query(Every.outer.label == "no").count())

    for legacy in (True, False):
        elsewhere(store, namespace=f"structures-{legacy}", legacy_data=legacy)


class Lists(ndb.Model):
    numbers = ndb.IntegerProperty(repeated=True)
    floats = ndb.FloatProperty(repeated=True)
    strings = ndb.StringProperty(repeated=True, write_empty_list=True)
    moments = ndb.DateTimeProperty(repeated=True)
    keys = ndb.KeyProperty(repeated=True)
    places = ndb.GeoPtProperty(repeated=True)
    inners = ndb.StructuredProperty(Inner, repeated=True)
    locals = ndb.LocalStructuredProperty(Inner, repeated=True)
    json = ndb.JsonProperty(repeated=True)
    blobs = ndb.BlobProperty(repeated=True)
    flags = ndb.BooleanProperty(repeated=True)
    generic = ndb.GenericProperty(repeated=True)


def lists():
    show(again(Lists(
        id="full", numbers=[3, 1, 2, 3], floats=[1.5, -1.5], strings=["b", "a", ""],
        moments=[MOMENT, MOMENT.replace(year=1999)], keys=[ndb.Key("A", 2), ndb.Key("A", "x")],
        places=[ndb.GeoPt(1, 2)], inners=[Inner(name="a", n=1), Inner(name="b")],
        locals=[Inner(name="c")], json=[1, {"a": 2}], blobs=[b"1", b"2"], flags=[True, False],
        generic=[1, "b", 2.5, True])))
    show(again(Lists(id="empty")))
    for condition in (Lists.numbers == 3, Lists.strings == "", Lists.flags == False,  # noqa: E712
                      Lists.inners.name == "b", Lists.keys == ndb.Key("A", 2),
                      Lists.floats < 0, Lists.generic == 2.5,
                      Lists.inners == Inner(name="a"), Lists.moments < MOMENT):
        print("  found", [key.id() for key in Lists.query(condition).fetch(keys_only=True)])


def conditions_on_each_type():
    values = full()
    for name in ("integer", "floating", "boolean", "string", "date", "time", "moment", "place",
                 "link", "typed_link", "indexed_blob", "generic", "length", "renamed"):
        condition = getattr(Every, name) == values.get(name, len(values["string"]))
        found = sorted(key.id() for key in Every.query(condition).fetch(keys_only=True))
        order = [key.id() for key in Every.query().order(getattr(Every, name)).fetch(
            keys_only=True)]
        print(f"  {name}: {found}, in order {order}")
    for name in ("text", "json", "plain", "local"):
        print(f"  {name}:", failure(lambda: getattr(Every, name) == "x"))
    print("  none", sorted(key.id() for key in Every.query(Every.string == None)  # noqa: E711
                           .fetch(keys_only=True)))


def even(_, value):
    if value % 2:
        raise ValueError("odd")
    return value + 2


class Options(ndb.Model):
    needed = ndb.StringProperty(required=True)
    number = ndb.IntegerProperty(default=7)
    color = ndb.StringProperty(choices=["red", "blue"])
    even = ndb.IntegerProperty(validator=even)
    created = ndb.DateTimeProperty(auto_now_add=True)
    updated = ndb.DateTimeProperty(auto_now=True)


def options():
    print(" ", failure(lambda: Options().put()))
    print(" ", failure(lambda: Options(color="green")))
    print(" ", failure(lambda: Options(even=3)))
    read = again(Options(id=1, needed="x", even=4, color="red"))
    print(" ", read.number, read.even, read.color, read.updated >= read.created)
    first = read.updated
    read = again(read)
    print(" ", read.updated > first, read.created <= first)


class Open(ndb.Expando):
    fixed = ndb.IntegerProperty()


class OpenQuiet(ndb.Expando):
    _default_indexed = False


class Animal(polymodel.PolyModel):
    name = ndb.StringProperty()


class Dog(Animal):
    trained = ndb.BooleanProperty()


class Puppy(Dog):
    weeks = ndb.IntegerProperty()


class Named(ndb.Model):
    value = ndb.IntegerProperty()

    @classmethod
    def _get_kind(cls):
        return "Other name"


def kinds_of_models():
    entity = Open(id=1, fixed=1, text="free", numbers=[1, 2], flag=None)
    entity.nested = Inner(name="n")
    show(again(entity))
    print(" ", Open.query(ndb.GenericProperty("numbers") == 2).count(),
          Open.query(ndb.FilterNode("nested.name", "=", "n")).count())
    again(OpenQuiet(id=1, text="quiet"))
    print(" ", OpenQuiet.query(ndb.GenericProperty("text") == "quiet").count())
    for entity in (Animal(id=1, name="a"), Dog(id=2, name="b", trained=True),
                   Puppy(id=3, name="c", weeks=9)):
        entity.put()
    for kind in (Animal, Dog, Puppy):
        print(" ", [type(found).__name__ for found in kind.query().order(kind.name)],
              kind._class_key())
    print(" ", again(Named(id="x", value=3)), Named.query().get().key.kind())


class Changed(ndb.Model):
    """An entity whose type has changed since it was stored."""
    value = ndb.StringProperty()


def changed_models():
    class Before(ndb.Expando):
        @classmethod
        def _get_kind(cls):
            return "Changed"

    Before(id=1, value="kept", gone="a property of before").put()
    ndb.get_context().cache.clear()
    ndb.Model._kind_map["Changed"] = Changed
    print(" ", failure(lambda: Changed.get_by_id(1).value))


def pickled():
    copy = pickle.loads(pickle.dumps(Every(id="p", string="s", moment=MOMENT)))
    print(" ", copy.key, copy.string, copy.moment)


with client(namespace="properties").context(global_cache=None):
    run("properties", all_types, legacy_and_new_structures, lists, conditions_on_each_type,
        options, kinds_of_models, changed_models, pickled)
