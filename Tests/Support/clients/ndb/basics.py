# SPDX-License-Identifier: Apache-2.0
"""google-cloud-ndb against the server of the environment. Prints the same on every server."""
import datetime
import pickle

from google.auth import credentials
from google.cloud import ndb


class Address(ndb.Model):
    city = ndb.StringProperty()
    lines = ndb.StringProperty(repeated=True)


class Place(ndb.Model):
    city = ndb.StringProperty()


class Everything(ndb.Model):
    integer = ndb.IntegerProperty()
    floating = ndb.FloatProperty()
    boolean = ndb.BooleanProperty()
    string = ndb.StringProperty()
    text = ndb.TextProperty()
    blob = ndb.BlobProperty()
    compressed = ndb.BlobProperty(compressed=True)
    json = ndb.JsonProperty()
    pickled = ndb.PickleProperty()
    date = ndb.DateProperty()
    time = ndb.TimeProperty()
    moment = ndb.DateTimeProperty()
    created = ndb.DateTimeProperty(auto_now_add=True)
    place = ndb.GeoPtProperty()
    key_ = ndb.KeyProperty()
    user = ndb.UserProperty()
    structured = ndb.StructuredProperty(Address)
    local = ndb.LocalStructuredProperty(Address)
    places = ndb.StructuredProperty(Place, repeated=True)
    numbers = ndb.IntegerProperty(repeated=True)
    computed = ndb.ComputedProperty(lambda self: (self.string or "").lower())
    generic = ndb.GenericProperty()


class Item(ndb.Model):
    n = ndb.IntegerProperty()
    tag = ndb.StringProperty(repeated=True)
    color = ndb.StringProperty()


class Counter(ndb.Model):
    count = ndb.IntegerProperty(default=0)


def properties():
    moment = datetime.datetime(2026, 11, 30, 12, 34, 56, 789012)
    entity = Everything(
        id="all", integer=-(2**63), floating=0.1, boolean=True, string="\u00c9t\u00e9 \U0001f30d",
        text="x" * 3000, blob=bytes(range(256)), compressed=b"z" * 5000, json={"a": [1, None]},
        pickled={"b": (1, 2)}, date=moment.date(), time=moment.time(), moment=moment,
        place=ndb.GeoPt(52.5, -13.25), key_=ndb.Key("A", 1, "B", "b"),
        structured=Address(city="Paris", lines=["1", "2"]), local=Address(city="Rome"),
        places=[Place(city="Oslo"), Place(city="Bern")], numbers=[3, 1, 2], generic=7)
    key = entity.put()
    ndb.get_context().cache.clear()
    read = key.get()
    for name, value in sorted(read.to_dict().items()):
        if name != "created":
            value = (value.latitude, value.longitude) if name == "place" else value
            print(name, pickle.dumps(value) if isinstance(value, bytes) else repr(value)[:90])
    assert isinstance(read.created, datetime.datetime)


def queries():
    ndb.put_multi(
        Item(id=n, n=n, tag=[f"t{n % 3}", f"u{n % 5}"], color=["red", "blue"][n % 2])
        for n in range(1, 41))
    show = lambda name, result: print(name, [item.n for item in result])
    show("equal", Item.query(Item.color == "red").order(Item.n).fetch(5))
    show("range", Item.query(Item.n > 5, Item.n <= 9).fetch())
    show("unequal", Item.query(Item.n != 3).order(Item.n).fetch(4))
    show("in", Item.query(Item.n.IN([40, 2, 7])).order(Item.n).fetch())
    show("or", Item.query(ndb.OR(Item.n == 1, Item.color == "blue")).order(Item.n).fetch(4))
    show("and", Item.query(ndb.AND(Item.tag == "t1", Item.tag == "u2")).order(Item.n).fetch())
    show("descending", Item.query().order(-Item.n).fetch(3))
    show("offset", Item.query().order(Item.n).fetch(3, offset=10))
    print("count", Item.query(Item.color == "red").count(), Item.query().count(limit=7))
    print("keys", [key.id() for key in Item.query().order(Item.n).fetch(3, keys_only=True)])
    print("projection", [
        (item.n, item.color)
        for item in Item.query().order(Item.color, Item.n).fetch(3, projection=["color", "n"])])
    print("distinct", sorted(
        item.color for item in Item.query(projection=["color"], distinct_on=["color"])))
    page, cursor, more = Item.query().order(Item.n).fetch_page(15)
    print("page", page[-1].n, more)
    page, cursor, more = Item.query().order(Item.n).fetch_page(15, start_cursor=cursor)
    print("page", page[0].n, page[-1].n, more)
    page, cursor, more = Item.query().order(Item.n).fetch_page(15, start_cursor=cursor)
    print("page", page[0].n, len(page), more)
    show("gql", ndb.gql("SELECT * FROM Item WHERE n > :1 AND n < :2 ORDER BY n", 10, 14).fetch())
    show("structured", [
        Item(n=e.integer) for e in Everything.query(Everything.structured.city == "Paris")])
    print("map", sorted(Item.query(Item.n < 5).map(lambda item: item.n * 2)))


def transactions():
    key = Counter(id="c").put()

    @ndb.transactional()
    def increment():
        counter = key.get()
        counter.count += 1
        counter.put()
        return counter.count

    print("increments", [increment() for _ in range(3)])

    def fail():
        counter = key.get()
        counter.count = 100
        counter.put()
        raise ValueError("undone")

    try:
        ndb.transaction(fail)
    except ValueError as error:
        print("rolled back:", error)
    print("count", key.get(use_cache=False).count)
    print("in transaction", ndb.transaction(ndb.in_transaction), ndb.in_transaction())

    @ndb.tasklet
    def both():
        a, b = yield Item.get_by_id_async(1), Item.get_by_id_async(2)
        raise ndb.Return(a.n + b.n)

    print("tasklet", both().result())
    print("get or insert", Counter.get_or_insert("new", count=5).count,
          Counter.get_or_insert("new", count=9).count)
    first, last = Item.allocate_ids(2)
    print("allocated", first.id() != last.id())
    ndb.delete_multi(Item.query().fetch(keys_only=True))
    print("left", Item.query().count())


client = ndb.Client(
    project="ndb", namespace="programs", credentials=credentials.AnonymousCredentials())
with client.context(global_cache=None):
    properties()
    queries()
    transactions()
print("google-cloud-ndb: all steps passed")
