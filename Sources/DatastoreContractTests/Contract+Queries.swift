// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let queryCases: [Case] = [
    Case("A query of a kind finds the entities of its namespace in the order of their keys") {
      scene in
      try await scene.store(["b": [:], "a": ["v": 1], "c": [:]])
      let other = Key("Thing", name: "z", namespace: scene.namespace + "x")
      try await scene.commit(
        .upsert(Entity(other)), .upsert(Entity(Key("Thingy", id: 1, namespace: scene.namespace))))
      try await scene.expectNames(scene.request(), ["a", "b", "c"])
    },
    Case("A query without a kind finds entities of every kind, and can filter by key") { scene in
      try await scene.store(["a": [:], "b": [:]])
      let other = Key("Other", name: "o", namespace: scene.namespace)
      try await scene.commit(.upsert(Entity(other)))
      var request = QueryRequest(namespace: scene.namespace)
      try await scene.expectNames(request, ["o", "a", "b"])
      request.filter = .property("__key__", .greaterThan, .key(scene.key("a")))
      try await scene.expectNames(request, ["b"])
    },
    Case("An ancestor query finds the ancestor and its descendants, and nothing else") {
      scene in
      let a = scene.key("a")
      let child = Key("Thing", name: "child", parent: a)
      let keys = [a, child, Key("Thing", name: "grandchild", parent: child), scene.key("ab")]
      try await scene.commit(all: keys.map { .upsert(Entity($0, ["v": 1])) })
      try await scene.expectNames(scene.request(.ancestor(a)), ["a", "child", "grandchild"])
      try await scene.expectNames(scene.request(.ancestor(child)), ["child", "grandchild"])
      let filtered = QueryFilter.and([.ancestor(a), .property("v", .equal, 1)])
      try await scene.expectNames(
        scene.request(filtered, order: [QueryOrder("v", .descending)]),
        ["grandchild", "child", "a"])
    },
    Case("Values of all types have one order") { scene in
      let values: [Value] = [
        .null, .integer(.min), -1, .timestamp(Timestamp(microseconds: 5)), 6, .integer(.max), false,
        true, "", .bytes([0]), "a", .bytes([0x61, 0]), "a\u{1}", "é", .bytes([0xFF]),
        .double(-.infinity), -1.5, 0.0, 1e-300, 2.5, .double(.infinity), .double(.nan),
        .geoPoint(GeoPoint(latitude: -1, longitude: 5)),
        .geoPoint(GeoPoint(latitude: 1, longitude: -5)), .key(Key("A", id: 2)),
        .key(Key("A", name: "\u{1}")), .key(Key("A", name: "a")),
        .key(Key("A", id: 1, parent: Key("A", name: "a"))), .key(Key("B", id: -1)),
      ]
      let names = values.indices.map { "\(100 + $0)" }
      try await scene.store(
        Dictionary(uniqueKeysWithValues: zip(names, values.map { ["v": .indexed($0)] })))
      try await scene.expectNames(scene.request(order: [QueryOrder("v")]), names, "ascending")
      try await scene.expectNames(
        scene.request(order: [QueryOrder("v", .descending)]), names.reversed(), "descending")
      for (index, value) in values.enumerated() {
        try await scene.expectNames(
          scene.request(.property("v", .lessThan, value)), Array(names[..<index]), "< \(value)")
        try await scene.expectNames(
          scene.request(.property("v", .greaterThanOrEqual, value)), Array(names[index...]),
          ">= \(value)")
        try await scene.expectNames(
          scene.request(.property("v", .equal, value)), [names[index]], "= \(value)")
      }
    },
    Case(
      "Numbers of two types differ, but an integer equals its timestamp, and a text its bytes"
    ) {
      scene in
      try await scene.store([
        "double": ["v": 5.0], "integer": ["v": 5],
        "timestamp": ["v": .indexed(.timestamp(Timestamp(microseconds: 5)))],
        "zero": ["v": .indexed(.double(-0.0))], "bytes": ["v": .indexed(.bytes([0x61]))],
        "text": ["v": "a"],
      ])
      try await scene.expectNames(
        scene.request(.property("v", .equal, 5)), ["integer", "timestamp"])
      try await scene.expectNames(scene.request(.property("v", .equal, 5.0)), ["double"])
      try await scene.expectNames(scene.request(.property("v", .equal, 0.0)), ["zero"])
      try await scene.expectNames(scene.request(.property("v", .equal, "a")), ["bytes", "text"])
    },
    Case("An entity without the property, or with an unindexed one, fulfils no comparison") {
      scene in
      try await scene.store([
        "indexed": ["v": 1], "missing": [:], "null": ["v": .indexed(.null)],
        "unindexed": ["v": .unindexed(1)], "empty array": ["v": []],
      ])
      try await scene.expectNames(scene.request(.property("v", .notEqual, 2)), ["null", "indexed"])
      try await scene.expectNames(scene.request(.property("v", .equal, 1)), ["indexed"])
      try await scene.expectNames(scene.request(.property("v", .equal, .null)), ["null"])
      try await scene.expectNames(scene.request(order: [QueryOrder("v")]), ["null", "indexed"])
    },
    Case("An array fulfils each = with any element, and all inequalities with the same element") {
      scene in
      try await scene.store(["a": ["v": [1, 2]], "b": ["v": [1, 3]], "c": ["v": 2]])
      let both = QueryFilter.and([.property("v", .equal, 1), .property("v", .equal, 2)])
      try await scene.expectNames(scene.request(both), ["a"])
      let between = QueryFilter.and([
        .property("v", .greaterThan, 1), .property("v", .lessThan, 3),
      ])
      try await scene.expectNames(scene.request(between), ["a", "c"])
    },
    Case(
      "An array sorts by its smallest value ascending, by its largest descending, and comes once"
    ) {
      scene in
      try await scene.store(["a": ["v": [1, 5]], "b": ["v": [2, 3]], "c": ["v": 4]])
      try await scene.expectNames(scene.request(order: [QueryOrder("v")]), ["a", "b", "c"])
      try await scene.expectNames(
        scene.request(order: [QueryOrder("v", .descending)]), ["a", "c", "b"])
      try await scene.expectNames(
        scene.request(.property("v", .greaterThan, 1), order: [QueryOrder("v")]), ["b", "c", "a"])
    },
    Case("IN, NOT IN, != and OR find each entity once") { scene in
      try await scene.store(["a": ["v": [1, 2], "w": 9], "b": ["v": 2], "c": ["v": 3, "w": 9]])
      try await scene.expectNames(scene.request(.property("v", .isIn, [2, 1, 7])), ["a", "b"])
      try await scene.expectNames(scene.request(.property("v", .isNotIn, [1, 2])), ["c"])
      try await scene.expectNames(scene.request(.property("v", .notEqual, 2)), ["a", "c"])
      let either = QueryFilter.or([.property("v", .equal, 2), .property("w", .equal, 9)])
      try await scene.expectNames(scene.request(either), ["a", "b", "c"])
    },
    Case("Several orders apply in turn, and keys break ties in the last order's direction") {
      scene in
      try await scene.store([
        "a": ["v": 1, "w": 1], "b": ["v": 1, "w": 2], "c": ["v": 0, "w": 1], "d": ["v": 1, "w": 1],
      ])
      try await scene.expectNames(
        scene.request(order: [QueryOrder("v", .descending), QueryOrder("w")]), ["a", "d", "b", "c"])
      try await scene.expectNames(
        scene.request(order: [QueryOrder("v"), QueryOrder("w", .descending)]), ["c", "b", "d", "a"])
    },
    Case("Properties of nested entities are found as outer.inner") { scene in
      let inner = Entity(nil, ["city": "Oslo", "note": .unindexed("x")])
      try await scene.store([
        "a": ["address": .indexed(.entity(inner))], "b": ["address": [.entity(inner), "text"]],
        "c": ["address": .unindexed(.entity(inner))],
      ])
      try await scene.expectNames(
        scene.request(.property("address.city", .equal, "Oslo")), ["a", "b"])
      try await scene.expectNames(scene.request(.property("address.note", .equal, "x")), [])
    },
    Case("A projection returns its properties, once for each combination of values") {
      scene in
      try await scene.store([
        "a": ["v": [2, 1], "w": "x", "z": 0], "b": ["v": 1], "c": ["w": "y"],
      ])
      let found = try await scene.results(scene.request { $0.projection = ["v", "w"] })
      try scene.expect(
        found.map(\.entity),
        equals: [
          Entity(scene.key("a"), ["v": 1, "w": "x"]), Entity(scene.key("a"), ["v": 2, "w": "x"]),
        ], "the results")
      let keys = try await scene.results(scene.request { $0.projection = ["__key__"] })
      try scene.expect(
        keys.map(\.entity), equals: ["a", "b", "c"].map { Entity(scene.key($0)) }, "keys alone")
    },
    Case("DISTINCT ON returns the first result of each combination") { scene in
      try await scene.store([
        "a": ["v": 1, "w": 1], "b": ["v": 1, "w": 2], "c": ["v": 2, "w": 1], "d": ["v": 2, "w": 0],
      ])
      let request = scene.request(order: [QueryOrder("v"), QueryOrder("w", .descending)]) {
        $0.distinctOn = ["v"]
      }
      try await scene.expectNames(request, ["b", "c"])
    },
    Case("A cursor continues after its result, even if entities were added and deleted") { scene in
      try await scene.store(["a": ["v": 1], "b": ["v": 2], "c": ["v": 3], "d": ["v": 4]])
      var request = scene.request(order: [QueryOrder("v")]) { $0.limit = 2 }
      let first = try await scene.backend.query(request)
      try scene.expect(
        first.items.compactMap(\.entity.key?.name), equals: ["a", "b"], "the first two")
      try await scene.commit(.delete(scene.key("b")))
      try await scene.store(["before": ["v": 0], "after": ["v": 2]])
      try await scene.store(["zz": ["v": 2]])
      request.startCursor = first.endCursor
      request.limit = nil
      try await scene.expectNames(request, ["zz", "c", "d"])
      let all = scene.request(order: [QueryOrder("v")]) { $0.endCursor = first.endCursor }
      try await scene.expectNames(all, ["before", "a", "after"])
    },
    Case("Offset and limit count results, and the reply says how many were skipped") { scene in
      try await scene.store(["a": [:], "b": [:], "c": [:], "d": [:]])
      try await scene.expectNames(
        scene.request {
          $0.offset = 1
          $0.limit = 2
        }, ["b", "c"])
      try await scene.expectNames(scene.request { $0.limit = 0 }, [])
      let beyond = try await scene.backend.query(scene.request { $0.offset = 9 })
      try scene.expect(beyond.skipped, equals: 4, "skipped")
      try scene.expect(beyond.more, equals: .none, "nothing more")
    },
    Case("COUNT, SUM and AVG are computed over entities that have all the properties") { scene in
      try await scene.store([
        "a": ["v": 1, "w": 0.5], "b": ["v": 2, "w": "text"], "c": ["v": 2.5], "d": ["w": 1],
      ])
      try scene.expect(
        try await scene.aggregate(.count(), .count(upTo: 3)), equals: [4, 3], "the counts")
      try scene.expect(try await scene.aggregate(.sum("v")), equals: [5.5], "the sum")
      try scene.expect(
        try await scene.aggregate(.count(), .sum("v"), .average("w")), equals: [2, 3, 0.5],
        "together")
      try scene.expect(
        try await scene.aggregate(.sum("none"), .average("none")), equals: [0, .null], "of nothing")
    },
    Case("A sum of integers is an integer if it fits, and a double otherwise") { scene in
      try await scene.store([
        "a": ["v": .indexed(.integer(.max)), "n": .indexed(.double(.nan)), "i": 2],
        "b": ["v": 1, "n": 1, "i": 3],
      ])
      let values = try await scene.aggregate(.sum("i"), .sum("v"), .sum("n"), .average("i"))
      try scene.expect(values[0], equals: 5, "integers")
      try scene.expect(values[1], equals: .double(0x1p63), "beyond them")
      try scene.expect(values[2].doubleValue?.isNaN, equals: true, "with not-a-number")
      try scene.expect(values[3], equals: 2.5, "the mean")
    },
    Case("A query sees all earlier commits: changes, deletions and new entities") { scene in
      try await scene.store(["a": ["v": [1, 2]], "b": ["v": 1], "c": ["v": 2]])
      try await scene.commit(
        .upsert(Entity(scene.key("a"), ["v": 3])), .delete(scene.key("b")),
        .update(Entity(scene.key("c"), ["v": [2, 3]])), .insert(Entity(scene.key("d"), ["v": 3])))
      try await scene.expectNames(scene.request(.property("v", .equal, 1)), [])
      try await scene.expectNames(scene.request(.property("v", .equal, 2)), ["c"])
      try await scene.expectNames(scene.request(.property("v", .equal, 3)), ["a", "c", "d"])
      try await scene.expectNames(scene.request(), ["a", "c", "d"])
    },
  ]
}
