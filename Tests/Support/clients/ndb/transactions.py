# SPDX-License-Identifier: Apache-2.0
"""Every form of transaction."""
import threading

from common import client, elsewhere, failure, run
from google.api_core.exceptions import Aborted
from google.cloud import ndb


class Account(ndb.Model):
    balance = ndb.IntegerProperty(default=0)
    owner = ndb.StringProperty()


def fresh(name, balance=0):
    key = Account(id=name, balance=balance).put()
    ndb.get_context().cache.clear()
    return key


def stored(key):
    entity = key.get(use_cache=False)
    return entity and entity.balance


def add(key, amount=1):
    account = key.get()
    account.balance += amount
    account.put()
    return account.balance


def forms():
    key = fresh("forms")
    print("  function", ndb.transaction(lambda: add(key)))
    print("  async", ndb.transaction_async(lambda: add(key)).result())

    @ndb.transactional()
    def decorated(amount):
        return add(key, amount)

    @ndb.transactional_async()
    def decorated_async(amount):
        return add(key, amount)

    @ndb.transactional_tasklet()
    def tasklet(amount):
        account = yield key.get_async()
        account.balance += amount
        yield account.put_async()
        raise ndb.Return(account.balance)

    @ndb.transactional(retries=0, xg=True)
    def across(other):
        add(other, 10)
        return add(key, -10)

    @ndb.non_transactional()
    def outside():
        return ndb.in_transaction()

    print("  decorated", decorated(2), decorated_async(3).result(), tasklet(4).result())
    print("  several groups", across(fresh("other")), stored(ndb.Key(Account, "other")))
    print("  outside", ndb.transaction(lambda: (ndb.in_transaction(), outside())))
    print("  not allowed", failure(lambda: ndb.transaction(
        ndb.non_transactional(allow_existing=False)(lambda: 1))))
    print("  stored", stored(key))


def undone():
    key = fresh("undone", 5)

    def fail(error):
        add(key, 100)
        raise error

    print("  error", failure(lambda: ndb.transaction(lambda: fail(ValueError("no")))), stored(key))
    print("  rollback", failure(lambda: ndb.transaction(lambda: fail(ndb.Rollback()))), stored(key))
    tried = []

    def twice():
        tried.append(1)
        add(key)
        if len(tried) < 3:
            raise Aborted("again")
        return len(tried)

    print("  retried", ndb.transaction(twice), stored(key))
    tried.clear()
    print("  not retried", failure(lambda: ndb.transaction(twice, retries=0)), len(tried),
          stored(key))


def snapshots():
    key, other = fresh("snapshot", 1), fresh("second", 1)

    def look():
        first = key.get().balance
        elsewhere(lambda: ndb.put_multi(
            Account(id=name, balance=50) for name in ("snapshot", "second")),
            namespace="transactions")
        return first, other.get().balance

    # Both reads see the state at the first of them.
    print("  read only", failure(lambda: ndb.transaction(look, read_only=True)), stored(other))
    print("  write", failure(lambda: ndb.transaction(lambda: add(key), read_only=True)),
          stored(key))


def reads_and_writes():
    key = fresh("rw", 1)

    def steps():
        account = key.get()
        account.balance = 2
        account.put()
        # A read in the transaction sees what was stored before it.
        seen = key.get(use_cache=False).balance
        Account(id="inserted", balance=9).put()
        ndb.Key(Account, "gone").delete()
        return seen

    ndb.delete_multi(Account.query(ancestor=ndb.Key("Bank", "b")).fetch(keys_only=True))
    fresh("gone", 1)
    ndb.delete_multi([ndb.Key(Account, "inserted"), ndb.Key(Account, "goi")])
    print("  ", ndb.transaction(steps), stored(key), stored(ndb.Key(Account, "inserted")),
          stored(ndb.Key(Account, "gone")))
    root = ndb.Key("Bank", "b")
    ndb.put_multi(Account(id=n, parent=root, balance=n) for n in range(1, 6))

    def query():
        found = Account.query(ancestor=root).order(Account.balance).fetch()
        for account in found[:2]:
            account.balance *= -1
        ndb.put_multi(found[:2])
        return [account.balance for account in found], Account.query(ancestor=root).count()

    print("  query", ndb.transaction(query))
    print("  after", [account.balance for account in Account.query(
        ancestor=root).order(Account.balance)])

    def ids():
        keys = [Account(parent=root, balance=100).put() for _ in range(2)]
        return len({key.id() for key in keys}), [key.id() is not None for key in keys]

    print("  new ids", ndb.transaction(ids),
          Account.query(Account.balance == 100, ancestor=root).count())
    print("  get_or_insert", ndb.transaction(
        lambda: Account.get_or_insert("goi", balance=3).balance),
        Account.get_or_insert("goi", balance=4).balance)


def propagation():
    key = fresh("propagation")
    kinds = ndb.TransactionOptions

    def nested(kind, outer=True):
        def inner():
            return ndb.in_transaction(), add(key)

        call = lambda: ndb.transaction(inner, propagation=kind)  # noqa: E731
        return failure(lambda: ndb.transaction(call) if outer else call())

    for name in ("NESTED", "MANDATORY", "ALLOWED", "INDEPENDENT"):
        for outer in (True, False):
            print(f"  {name} {'in one' if outer else 'alone'}:", nested(
                getattr(kinds, name), outer))
    print("  join", failure(lambda: ndb.transaction(
        lambda: ndb.transaction(lambda: add(key), join=True))), stored(key))
    print("  no join", failure(lambda: ndb.transaction(lambda: ndb.transaction(lambda: 1))))


def callbacks():
    called = []

    def steps(error=None):
        ndb.get_context().call_on_commit(lambda: called.append(ndb.in_transaction()))
        if error:
            raise error

    ndb.transaction(steps)
    failure(lambda: ndb.transaction(lambda: steps(ValueError("no"))))
    print("  ", called)


def conflicts():
    """Threads that add to one entity, all of which are counted."""
    key = fresh("counter")
    results = []

    def work():
        for _ in range(5):
            results.append(failure(lambda: ndb.transaction(lambda: add(key), retries=50) > 0))

    threads = [threading.Thread(target=elsewhere, args=[work], kwargs={
        "namespace": "transactions"}) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("  counted", stored(key), "of", len(results), set(results))


def too_large():
    print("  entity", failure(lambda: Account(id="big", owner="x" * 1600).put()))
    print("  key", failure(lambda: Account(id="x" * 1501).put() and "stored"))
    print("  reserved", failure(lambda: ndb.Key("__Kind__", 1).delete()))


with client(namespace="transactions").context(global_cache=None):
    run("transactions", forms, undone, snapshots, reads_and_writes, propagation, callbacks,
        conflicts, too_large)
