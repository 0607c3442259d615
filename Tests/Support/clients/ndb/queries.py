# SPDX-License-Identifier: Apache-2.0
"""Every form of query."""
from common import client, elsewhere, failure, run
from google.cloud import ndb


class Point(ndb.Model):
    x = ndb.IntegerProperty()
    y = ndb.IntegerProperty()


class Item(ndb.Model):
    n = ndb.IntegerProperty()
    tags = ndb.StringProperty(repeated=True)
    color = ndb.StringProperty()
    price = ndb.FloatProperty()
    point = ndb.StructuredProperty(Point)
    points = ndb.StructuredProperty(Point, repeated=True)
    note = ndb.TextProperty()


def fill():
    ndb.delete_multi(Item.query().fetch(keys_only=True))
    ndb.put_multi(
        Item(id=n, parent=ndb.Key("Group", ["a", "b"][n % 2]), n=n,
             tags=[f"t{n % 3}", f"u{n % 5}", "all"], color=["red", "blue", "green", None][n % 4],
             price=n / 4, point=Point(x=n % 3, y=n % 7), points=[Point(x=n, y=0), Point(x=0, y=n)],
             note="note " * 100)
        for n in range(1, 61))


def show(name, query, *arguments, **options):
    print(f"  {name}:", failure(lambda: [
        item.id() if isinstance(item, ndb.Key) else item.n
        for item in query.fetch(*arguments, **options)]))


def comparisons():
    n = Item.n
    for name, condition in {
            "==": n == 5, "<": n < 4, "<=": n <= 4, ">": n > 57, ">=": n >= 57, "!=": n != 30,
            "IN": n.IN([60, 3, 3, 100]), "NOT_IN": n.NOT_IN([1, 2, 60]),
            "IN one": n.IN([4]), "both ends": ndb.AND(n > 10, n < 14),
            "impossible": ndb.AND(n > 14, n < 10), "two equal": ndb.AND(n == 1, n == 2)}.items():
        show(name, Item.query(condition).order(Item.n), 6)
    show("IN nothing", Item.query(n == 0), 5)
    print("  IN []:", failure(lambda: Item.query(n.IN([])).fetch()))
    show("float", Item.query(Item.price >= 14.5).order(Item.price))
    show("none", Item.query(Item.color == None).order(Item.n), 4)  # noqa: E711
    show("list", Item.query(Item.tags == "t1", Item.tags == "u1").order(Item.n))
    show("list range", Item.query(Item.tags > "t2", Item.tags < "u1").order(Item.tags, Item.n), 5)


def combinations():
    n, color = Item.n, Item.color
    for name, condition in {
            "or": ndb.OR(n == 3, color == "red"),
            "or of ands": ndb.OR(ndb.AND(n > 50, color == "red"), ndb.AND(n < 5, color == "blue")),
            "and of ors": ndb.AND(ndb.OR(color == "red", color == "blue"), ndb.OR(n == 4, n == 5)),
            "in and in": ndb.AND(color.IN(["red", "green"]), Item.tags.IN(["t0", "u1"])),
            "same twice": ndb.OR(color == "red", color == "red"),
            "or !=": ndb.OR(color == "red", n != 3)}.items():
        show(name, Item.query(condition).order(Item.n), 12)
        print(f"  {name}, count:", Item.query(condition).count())
    show("filter", Item.query().filter(n > 3).filter(color == "blue").order(n), 3)
    show("two properties", Item.query(n > 3, Item.price < 2.0).order(n))
    show("parameter", Item.query(ndb.ParameterNode(n, "=", ndb.Parameter(1))).bind(7))
    show("names", Item.query(ndb.ParameterNode(n, ">", ndb.Parameter("low")),
                             ndb.FilterNode("n", "<", 9)).order(n).bind(low=6))


def orders():
    for name, order in {
            "ascending": [Item.n], "descending": [-Item.n], "two": [Item.color, -Item.n],
            "three": [-Item.color, Item.price, Item.n], "list": [Item.tags, Item.n],
            "key": [Item.key], "key down": [-Item.key]}.items():
        show(name, Item.query().order(*order), 8)
        show(f"{name}, keys", Item.query().order(*order), 4, keys_only=True)
    show("order_by", ndb.Query(kind="Item", order_by=["-n"]), 3)


def ancestors():
    group = ndb.Key("Group", "a")
    show("ancestor", Item.query(ancestor=group).order(Item.n), 4)
    show("ancestor and filter", Item.query(Item.n > 50, ancestor=group).order(-Item.n))
    print("  count", Item.query(ancestor=group).count(),
          Item.query(ancestor=ndb.Key("Group", "none")).count())
    print("  kindless", sorted(
        {key.kind() for key in ndb.Query(ancestor=group).fetch(keys_only=True)}))
    low, high = ndb.Key("Group", "a", "Item", 10), ndb.Key("Group", "a", "Item", 16)
    show("keys", Item.query(Item.key > low, Item.key <= high))
    show("keys down", Item.query(Item.key >= low, Item.key < high).order(-Item.key))
    show("one key", Item.query(Item.key == low))
    show("keys in", Item.query(Item.key.IN([low, high, ndb.Key("Item", 1)])))
    show("key and n", Item.query(Item.n == 10, Item.key >= low))


def structures():
    show("part", Item.query(Item.point.x == 1).order(Item.n), 5)
    show("whole", Item.query(Item.point == Point(x=1, y=1)).order(Item.n))
    show("range", Item.query(Item.point.y > 5).order(Item.point.y, Item.n), 4)
    show("list part", Item.query(Item.points.x == 7))
    show("list whole", Item.query(Item.points == Point(x=0, y=7)))
    show("parts of different ones", Item.query(Item.points.x == 7, Item.points.y == 7))
    show("no such pair", Item.query(Item.points == Point(x=7, y=7)))


def projections():
    def rows(query, *arguments, **options):
        return failure(lambda: [
            tuple(sorted(item._to_dict(include=[
                name if isinstance(name, str) else name._name for name in item._projection
            ]).items())) for item in query.fetch(*arguments, **options)])

    print("  one", rows(Item.query().order(Item.n), 3, projection=["n"]))
    print("  two", rows(Item.query().order(Item.color, Item.n), 3, projection=["color", "n"]))
    print("  properties", rows(Item.query().order(-Item.n), 2, projection=[Item.n, Item.price]))
    print("  list", rows(Item.query(Item.n < 4).order(Item.n, Item.tags), projection=["n", "tags"]))
    print("  distinct", [item.color for item in Item.query(
        projection=[Item.color], distinct_on=[Item.color]).order(Item.color)])
    print("  distinct first", [(item.color, item.n) for item in Item.query(
        projection=["color", "n"], distinct_on=["color"]).order(Item.color, -Item.n)])
    print("  group_by", [item.color for item in Item.query(
        projection=[Item.color], group_by=[Item.color]).order(-Item.color)])
    print("  filter", rows(Item.query(Item.color == "red").order(Item.n), 2, projection=["n"]))
    print("  filter itself", rows(Item.query(Item.color == "red"), 2, projection=["color"]))
    print("  structure", rows(Item.query().order(Item.point.y, Item.n), 3,
                              projection=["point.y", "n"]) and "read")
    item = Item.query().order(Item.n).get(projection=["n"])
    print("  unprojected:", failure(lambda: item.color))
    print("  unindexed:", failure(lambda: Item.query().fetch(projection=["note"])))


def pages():
    query = Item.query().order(Item.n)
    for paged in (query, Item.query().order(-Item.n), Item.query(Item.tags == "t1"),
                  Item.query().order(Item.tags, Item.n)):
        cursor, more, sizes = None, True, []
        while more:
            page, cursor, more = paged.fetch_page(17, start_cursor=cursor)
            sizes.append([page[0].n, page[-1].n, len(page)] if page else [])
        print("  pages", sizes)
    print("  pages of OR", failure(lambda: Item.query(
        ndb.OR(Item.color == "red", Item.color == "blue")).fetch_page(17)))
    page, cursor, more = query.fetch_page(60)
    print("  exactly all", len(page), more)
    page, cursor, more = query.fetch_page(5, offset=3)
    print("  offset", [item.n for item in page])
    text = cursor.urlsafe()
    again = ndb.Cursor(urlsafe=text) if isinstance(text, (bytes, str)) else cursor
    print("  urlsafe", [item.n for item in query.fetch(2, start_cursor=again)])
    print("  end", [item.n for item in query.fetch(end_cursor=again)])
    show("limit and offset", query, 3, offset=58)
    show("offset beyond", query, 3, offset=100)
    print("  counts", query.count(), query.count(limit=10), query.count(limit=100),
          query.count(offset=55))
    iterator = query.iter(limit=4)
    seen = []
    while iterator.has_next():
        seen.append(next(iterator).n)
    print("  iter", seen, iterator.probably_has_next())
    iterator = query.iter()
    for _ in range(3):
        next(iterator)
    before, after = iterator.cursor_before(), iterator.cursor_after()
    print("  cursors", query.get(start_cursor=before).n, query.get(start_cursor=after).n)
    print("  for", [item.n for item in Item.query(Item.n < 4).order(Item.n)])
    print("  get", query.get().n, Item.query(Item.n == 100).get())
    print("  map", query.map(lambda item: item.n, limit=3),
          query.map(lambda key: key.id(), keys_only=True, limit=3))


def asynchronous():
    query = Item.query().order(Item.n)
    futures = [query.fetch_async(2), query.filter(Item.n > 50).fetch_async(1)]
    print("  fetch", [[item.n for item in future.result()] for future in futures])
    print("  get", query.get_async().result().n, "count", query.count_async().result())
    page, _, more = query.fetch_page_async(2).result()
    print("  page", [item.n for item in page], more)

    @ndb.tasklet
    def neighbours(item):
        other = yield Item.query(Item.n == item.n + 1).get_async()
        raise ndb.Return(item.n, other and other.n)

    print("  map", query.map(neighbours, limit=3), query.map_async(
        lambda item: item.n, limit=2).result())


def gql():
    for text, arguments, names in [
            ("SELECT * FROM Item WHERE n = 3", (), {}),
            ("SELECT * FROM Item WHERE n > :1 AND n <= :2 ORDER BY n DESC", (5, 9), {}),
            ("SELECT * FROM Item WHERE color = :color ORDER BY n LIMIT 3", (), {"color": "red"}),
            ("SELECT * FROM Item ORDER BY n LIMIT 2 OFFSET 4", (), {}),
            ("SELECT __key__ FROM Item WHERE n < 3", (), {}),
            ("SELECT * FROM Item WHERE color IN ('red', 'green') AND n < 9 ORDER BY n", (), {}),
            ("SELECT * FROM Item WHERE n != 1 ORDER BY n LIMIT 2", (), {}),
            ("SELECT * FROM Item WHERE color = NULL ORDER BY n LIMIT 2", (), {}),
            ("SELECT * FROM Item WHERE price = 2.5", (), {})]:
        query = ndb.gql(text)
        if arguments or names:
            query = query.bind(*arguments, **names)
        show(text[7:], query)
    print("  model", [item.n for item in Item.gql("WHERE n > :1 ORDER BY n", 58)])
    print("  wrong:", failure(lambda: ndb.gql("SELECT FROM").fetch()))


def namespaces():
    for name in ("one", "two"):
        elsewhere(lambda: Item(id=1, n=ord(name[0])).put(), namespace=name)
    print("  here", Item.query(Item.n == ord("o")).count(),
          "there", Item.query(Item.n == ord("o"), namespace="one").count(),
          Item.query(namespace="two").get().n, Item.query(namespace="two").get().key.namespace())


with client(namespace="queries").context(global_cache=None):
    run("queries", fill, comparisons, combinations, orders, ancestors, structures, projections,
        pages, asynchronous, gql, namespaces)
