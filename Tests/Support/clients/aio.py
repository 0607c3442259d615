# SPDX-License-Identifier: Apache-2.0
"""gcloud-aio-datastore, which speaks JSON over HTTP, against the server of the environment."""
import asyncio

from gcloud.aio.datastore import (
    Datastore, Filter, GQLQuery, Key, Operation, PathElement, PropertyFilter,
    PropertyFilterOperator, PropertyOrder, Query, Value)


def key(project, name=None):
    return Key(project, [PathElement("Task", name=name)])


async def main():
    datastore = Datastore(project="aio")
    tasks = {f"t{n}": {"hours": n, "done": n % 2 == 0, "text": "\u00e9" * n} for n in range(20)}
    for name, properties in tasks.items():
        await datastore.upsert(key("aio", name), properties)

    found = await datastore.lookup([key("aio", "t3"), key("aio", "none")])
    assert found["found"][0].entity.properties == tasks["t3"], found
    assert found["missing"][0].entity.key.path[0].name == "none", found

    condition = Filter(
        PropertyFilter("hours", PropertyFilterOperator.GREATER_THAN, Value(14)))
    batch = await datastore.runQuery(
        Query(kind="Task", query_filter=condition, order=[PropertyOrder("hours")]))
    hours = [result.entity.properties["hours"] for result in batch.result_batch.entity_results]
    assert hours == [15, 16, 17, 18, 19], hours

    gql = GQLQuery(
        "SELECT * FROM Task WHERE hours < @most ORDER BY hours DESC LIMIT 2",
        named_bindings={"most": 10})
    batch = await datastore.runQuery(gql)
    hours = [result.entity.properties["hours"] for result in batch.result_batch.entity_results]
    assert hours == [9, 8], hours

    transaction = await datastore.beginTransaction()
    inside = await datastore.lookup([key("aio", "t3")], transaction=transaction)
    properties = dict(inside["found"][0].entity.properties, hours=100)
    await datastore.commit(
        [datastore.make_mutation(Operation.UPDATE, key("aio", "t3"), properties)],
        transaction=transaction)
    found = await datastore.lookup([key("aio", "t3")])
    assert found["found"][0].entity.properties["hours"] == 100

    transaction = await datastore.beginTransaction()
    await datastore.rollback(transaction)

    allocated = await datastore.allocateIds([key("aio"), key("aio")])
    assert len({k.path[0].id for k in allocated}) == 2, allocated
    await datastore.reserveIds(allocated)

    try:
        await datastore.insert(key("aio", "t3"), {})
        raise AssertionError("an insert of an existing entity succeeded")
    except Exception as error:
        assert getattr(error, "status", None) == 409, error
    await datastore.delete(key("aio", "t3"))
    assert (await datastore.lookup([key("aio", "t3")]))["missing"]
    await datastore.close()
    print("gcloud-aio-datastore: all steps passed")


asyncio.run(main())
