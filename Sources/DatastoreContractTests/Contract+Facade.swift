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
    Case("getOrInsert in a transaction inserts once for all its calls") { scene in
      try await scene.withDatastore { datastore in
        for expected in [1, 1] as [Value] {
          let found = try await datastore.transaction { tx in
            let first = try await tx.getOrInsert(scene.entity("a", 1)).value
            return [first, try await tx.getOrInsert(scene.entity("a", 2)).value]
          }.value
          try scene.expect(found.map { $0["value"] }, equals: [expected, expected], "the entity")
        }
        let stored = try await scene.lookup(scene.key("a"))
        try scene.expect(stored, equals: scene.entity("a", 1), "what is stored")
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

  /// Rules for reads with masks in transactions.
  static let masksInTransactions: [Case] = [
    Case("A masked read in a transaction returns some properties, and the commit checks it") {
      scene in
      try await scene.commit(.upsert(Entity(scene.key("a"), ["n": 1, "s": "x"])))
      try await scene.withDatastore { datastore in
        let options = ReadOptions(propertyMask: ["n"])
        let found = try await datastore.transaction { tx in
          let all = Query(kind: "Thing").inNamespace(scene.namespace)
          let results = try await tx.query(all, options: options).fetch().value
          return [try await tx.get(scene.key("a"), options: options).value] + results
        }.value
        let masked = Entity(scene.key("a"), ["n": 1])
        try scene.expect(found, equals: [masked, masked], "what the transaction reads")
      }
      let id = try await scene.begin()
      _ = try await scene.backend.lookup(
        [scene.key("a")],
        options: ReadOptions(.transaction(.running(id)), propertyMask: ["n"]))
      let write = Task { try await scene.commit(.upsert(scene.entity("a", 2))) }
      let hasCommitted = try await scene.commits(id, .upsert(scene.entity("b", 1)))
      _ = try await write.value
      let both = try await scene.lookup([scene.key("a"), scene.key("b")])
      try scene.expect(both[scene.key("b")] != nil, equals: hasCommitted, "its write")
    }
  ]
}
