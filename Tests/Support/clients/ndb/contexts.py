# SPDX-License-Identifier: Apache-2.0
"""Keys, contexts, caches, policies, hooks, tasklets, and calls for many entities."""
from common import client, elsewhere, failure, run
from google.cloud import ndb
from google.cloud.ndb import global_cache


class Thing(ndb.Model):
    n = ndb.IntegerProperty()
    hooks = []

    def _pre_put_hook(self):
        self.hooks.append("pre put")

    def _post_put_hook(self, future):
        self.hooks.append(f"post put {future.done()}")

    @classmethod
    def _pre_delete_hook(cls, key):
        cls.hooks.append(f"pre delete {key.id()}")

    @classmethod
    def _post_delete_hook(cls, key, future):
        cls.hooks.append(f"post delete {key.id()}")

    @classmethod
    def _pre_get_hook(cls, key):
        cls.hooks.append(f"pre get {key.id()}")

    @classmethod
    def _post_get_hook(cls, key, future):
        cls.hooks.append(f"post get {key.id()}")

    @classmethod
    def _pre_allocate_ids_hook(cls, size, max, parent):  # noqa: A002
        cls.hooks.append(f"pre allocate {size}")

    @classmethod
    def _post_allocate_ids_hook(cls, size, max, parent, future):  # noqa: A002
        cls.hooks.append(f"post allocate {size}")


class Plain(ndb.Model):
    n = ndb.IntegerProperty()


def keys():
    key = ndb.Key("A", 1, "B", "b", namespace="n")
    print("  ", key, key.flat(), key.pairs(), key.kind(), key.id(), key.string_id(),
          key.integer_id(), key.namespace(), key.parent(), key.root())
    print("  ", ndb.Key(urlsafe=key.urlsafe()) == key, ndb.Key("A", 2) < ndb.Key("A", 3),
          ndb.Key(pairs=[("A", 1)]) == ndb.Key(flat=["A", 1]),
          ndb.Key("C", 3, parent=ndb.Key("A", 1)).flat())
    print("  ", failure(lambda: ndb.Key("A", None).get()), failure(lambda: ndb.Key("A", "")))
    for id_ in (1, 2**62, 2**63 - 1, "1", "\u00fc/\U0001f30d", "a b", "x" * 1500, "__id__"):
        print("  id", str(id_)[:20], failure(lambda: Plain(id=id_, n=1).put().get(
            use_cache=False).key.id() == id_))
    deep = ndb.Key(*[part for n in range(1, 50) for part in ("Level", n)])
    print("  deep", failure(lambda: Plain(key=ndb.Key("Plain", 1, parent=deep), n=2).put().get(
        use_cache=False).n))
    for name in ("", "with-dash", "with.dot", "UPPER_1"):
        other = ndb.Key("Plain", 1, namespace=name)
        Plain(key=other, n=len(name)).put()
        print("  namespace", repr(name), other.get(use_cache=False).n)


def many():
    keys = ndb.put_multi(Plain(id=n, n=n) for n in range(1, 1201))
    found = ndb.get_multi(keys[:1100] + [ndb.Key("Plain", 99999)], use_cache=False)
    print("  ", len(keys), sum(item.n for item in found if item), found[-1])
    futures = ndb.get_multi_async(keys[:3], use_cache=False)
    print("  ", [future.result().n for future in futures],
          [future.result() for future in ndb.put_multi_async([Plain(id="a"), Plain(id="b")])])
    print("  ", ndb.delete_multi(keys), ndb.delete_multi(keys[:2]), Plain.query().count() > 0,
          [future.result() for future in ndb.delete_multi_async(keys[:1])])
    print("  ", Plain.get_by_id(1), Plain.get_by_id("a").key.id(),
          Plain.get_by_id_async("b").result().key.id())
    same = ndb.Key("Plain", "same")
    print("  same key twice", failure(lambda: ndb.put_multi(
        [Plain(key=same, n=1), Plain(key=same, n=2)])))


def identifiers():
    first = Plain.allocate_ids(5)
    second = Plain.allocate_ids(size=3, parent=ndb.Key("A", 1))
    print("  ", len({key.id() for key in first}), second[0].parent(), len(second),
          Plain.allocate_ids_async(2).result()[0].kind())
    entity = Plain(n=1)
    key = entity.put()
    print("  ", key.id() not in {other.id() for other in first}, entity.key == key, key.id() > 0)
    print("  ", Plain(parent=ndb.Key("A", "p")).put().parent())
    print("  ", failure(lambda: Plain.allocate_ids(size=-1)),
          failure(lambda: Plain.allocate_ids(max=5)))
    print("  get_or_insert", Plain.get_or_insert("goi", n=1).n, Plain.get_or_insert("goi", n=2).n,
          Plain.get_or_insert("goi", parent=ndb.Key("A", 1), n=3).n,
          Plain.get_or_insert_async("other", n=4).result().n,
          failure(lambda: Plain.get_or_insert(5)))


def hooks():
    Thing.hooks.clear()
    key = Thing(id=1, n=1).put()
    key.get(use_cache=False)
    key.delete()
    Thing.allocate_ids(2)
    print("  ", Thing.hooks)


class Counting(global_cache._InProcessGlobalCache):
    reads = 0

    def get(self, keys):
        Counting.reads += len(keys)
        return super().get(keys)


def caches():
    key = Plain(id="cached", n=1).put()
    print("  ", key.get() is key.get(), key.get(use_cache=False) is key.get())
    elsewhere(lambda: Plain(id="cached", n=2).put(), namespace="contexts")
    print("  old in the context", key.get().n, "new", key.get(use_cache=False).n)
    ndb.get_context().clear_cache()
    print("  cleared", key.get().n)
    cache = Counting()

    def shared():
        context = ndb.get_context()
        for _ in range(2):
            context.clear_cache()
            assert key.get().n == 2
        print("  global", Counting.reads > 0, len(cache.cache) > 0)
        entity = key.get()
        entity.n = 3
        entity.put()
        context.clear_cache()
        print("  after a put", key.get().n)
        key.delete()
        context.clear_cache()
        print("  after a delete", key.get())
        Plain(id="cached", n=4).put(use_global_cache=False)

    elsewhere(shared, namespace="contexts", global_cache=cache)
    elsewhere(
        lambda: print("  policy", key.get() is key.get(), key.get().n), namespace="contexts",
        cache_policy=lambda key: key.kind() != "Plain", global_cache=cache,
        global_cache_policy=lambda key: False, global_cache_timeout_policy=lambda key: 10)

    def in_memory():
        ndb.get_context().set_datastore_policy(False)
        memory = Plain(id="memory only", n=1).put()
        print("  without the datastore", memory.get().n)
        return memory

    memory = elsewhere(
        in_memory, namespace="contexts", global_cache=cache)
    print("  not stored", memory.get(use_cache=False))


def contexts():
    context = ndb.get_context()
    print("  ", context.get_namespace(), ndb.get_context() is context,
          failure(lambda: client().context().__enter__()))
    with context.new(namespace="elsewhere").use():
        key = Plain(id="e", n=1).put()
        print("  ", key.namespace(), ndb.get_context().get_namespace())
    print("  ", Plain.get_by_id("e"), Plain.get_by_id("e", namespace="elsewhere").n)
    print("  eventual", failure(lambda: (
        key.get(use_cache=False, read_consistency=ndb.EVENTUAL).n,
        key.get(use_cache=False, read_policy=ndb.EVENTUAL_CONSISTENCY).n,
        Plain.query(namespace="elsewhere").fetch(read_consistency=ndb.EVENTUAL)[0].n)))
    print("  options", key.get(use_cache=False, timeout=20, retries=1).n, key.get(deadline=20).n)

    def named():
        Plain(id="named", n=7).put()
        ndb.get_context().clear_cache()
        return Plain.get_by_id("named").n, Plain.query().count()

    print("  database", elsewhere(named, namespace="contexts", database="second"))
    print("  apart", Plain.get_by_id("named", use_cache=False))


def tasklets():
    ndb.put_multi(Plain(id=f"t{n}", n=n) for n in range(5))

    @ndb.tasklet
    def one(n):
        item = yield Plain.get_by_id_async(f"t{n}", use_cache=False)
        return item.n

    @ndb.tasklet
    def total(count):
        several = yield [one(n) for n in range(count)]
        pair = yield one(1), one(2)
        yield ndb.sleep(0.001)
        return sum(several) + sum(pair)

    @ndb.tasklet
    def fails():
        yield one(1)
        raise KeyError("inside")

    @ndb.synctasklet
    def at_once():
        value = yield total(3)
        return value

    @ndb.toplevel
    def top():
        Plain(id="top", n=8).put_async()
        return 1

    print("  ", total(5).result(), at_once(), failure(lambda: fails().result()), top(),
          Plain.get_by_id("top", use_cache=False).n)
    done = []
    future = one(3)
    future.add_done_callback(lambda future: done.append(future.result()))
    future.wait()
    print("  ", done, ndb.Future.wait_any([one(1), one(2)]).result() in (1, 2),
          ndb.Future.wait_all([one(1)]), future.exception(), future.check_success())
    print("  batches", sum(future.result().n for future in [
        Plain.get_by_id_async(f"t{n}", use_cache=False) for n in range(5)]))


with client(namespace="contexts").context(global_cache=None):
    run("contexts", keys, many, identifiers, hooks, caches, contexts, tasklets)
