// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore

extension DatastoreContract {
  /// Rules for the writes of a ``Datastore`` on the backend.
  static let facadeCases: [Case] = [
    Case("An insert that finds an entity fails alone, and puts of the same moment succeed") {
      scene in
      try await scene.commit(.insert(scene.entity("there", 1)))
      try await scene.withDatastore { datastore in
        let insert = datastore.insert(scene.entity("there", 2))
        let update = datastore.update(scene.entity("missing", 2))
        let puts = (0..<20).map { datastore.put(scene.entity("\($0)", 3)) }
        try await scene.expect(.alreadyExists) { _ = try await insert.value }
        try await scene.expect(.notFound) { _ = try await update.value }
        _ = try await Future.all(puts).value
        let found = try await datastore.get([scene.key("there"), scene.key("19")]).value
        try scene.expect(found.map { $0?["value"] }, equals: [1, 3], "what is stored")
      }
    },
    Case("getOrInsert inserts once for all callers") { scene in
      try await scene.withDatastore { datastore in
        let all = (0..<5).map { datastore.getOrInsert(scene.entity("a", .integer($0))) }
        let found = try await Future.all(all).value
        let stored = try await scene.lookup(scene.key("a"))
        try scene.expect(
          Set(found.map { $0["value"] }), equals: [stored?["value"]], "the entity of all")
      }
    },
    Case("Plural calls read, write and delete in order") { scene in
      try await scene.withDatastore { datastore in
        let keys = try await datastore.put([scene.entity("a", 1), scene.entity("b", 2)]).value
        try scene.expect(keys, equals: [scene.key("a"), scene.key("b")], "the keys")
        let found = try await datastore.get(keys + [scene.key("c")]).value
        try scene.expect(found.map { $0?["value"] }, equals: [1, 2, nil], "the values")
        try await datastore.delete(keys).value
        try scene.expect(try await datastore.get(keys).value, equals: [nil, nil], "nothing")
      }
    },
    Case("A transaction merges its changes of one key") { scene in
      try await scene.commit(.upsert(Entity(scene.key("a"), ["n": 1, "s": "x"])))
      try await scene.withDatastore { datastore in
        let key = scene.key("a")
        try await datastore.transaction { tx in
          tx.update(key, [PropertyTransform("n", .increment(1))])
          tx.update(key, [PropertyTransform("n", .increment(1))])
          tx.write(Mutation(.update(Entity(key, ["s": "y"])), propertyMask: ["s"]))
          tx.insert(scene.entity("b", 1))
          tx.update(scene.entity("b", 2))
        }.value
        let found = try await datastore.get([key, scene.key("b")]).value
        try scene.expect(
          found, equals: [Entity(key, ["n": 3, "s": "y"]), scene.entity("b", 2)], "both")
        try await scene.expect(.alreadyExists) {
          try await datastore.transaction { tx in
            tx.put(scene.entity("c", 1))
            tx.insert(scene.entity("b", 3))
          }.value
        }
        try scene.expect(try await scene.lookup(scene.key("c")), equals: nil, "nothing")
      }
    },
    Case("A context reads what an increment has made") { scene in
      try await scene.withDatastore { datastore in
        let key = scene.key("a")
        try await datastore.withContext {
          _ = try await datastore.put(Entity(key, ["n": 1])).value
          datastore.update(key, [PropertyTransform("n", .increment(1))])
          try scene.expect(try await datastore.get(key).value?["n"], equals: 2, "the sum")
        }
      }
    },
  ]
}
