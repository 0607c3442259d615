// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  /// Rules for names that are equal as Swift's strings, but have different bytes.
  static let nameCases: [Case] = [
    Case("Two spellings of one name are two properties, or are refused") { scene in
      let entity = Entity(scene.key("a"), [composed: 1, decomposed: 2, "x": .unindexed(nested)])
      guard try await stores(entity, scene) else { return }
      let found = try await scene.lookup(scene.key("a"))
      try scene.expect(found?.properties, equals: entity.properties, "the properties")
      try scene.expect(found?.properties.count, equals: 3, "how many properties")
      try await scene.commit(
        .update(Entity(scene.key("a"), [decomposed: 20])).masked([decomposed]))
      try await scene.commit(
        .transform(scene.key("a"), [PropertyTransform(composed, .increment(10))]))
      let changed = try await scene.lookup(scene.key("a"))
      try scene.expect(changed?[composed], equals: 11, "the composed name")
      try scene.expect(changed?[decomposed], equals: 20, "the decomposed name")
      for name in [composed, decomposed] {
        let masked = try await scene.backend.lookup(
          [scene.key("a")], options: ReadOptions(propertyMask: [name]))
        try scene.expect(
          masked.found.map { Array($0.properties.keys) }.map(bytes), equals: [bytes([name])],
          "what a mask returns")
      }
    },
    Case("Queries tell two spellings of one name apart") { scene in
      let both = Entity(scene.key("both"), [composed: 1, decomposed: 2])
      guard try await stores(both, scene) else { return }
      try await scene.store(["c": [composed: 2, "n": 1], "d": [decomposed: 1, "n": 1]])
      let cases: [(QueryFilter?, [String], [String])] = [
        (.property(composed, .equal, 1), [], ["both"]),
        (.property(decomposed, .equal, 1), [], ["d"]),
        (.and([.property(composed, .equal, 1), .property(decomposed, .equal, 1)]), [], []),
        (.and([.property(composed, .equal, 1), .property(decomposed, .equal, 2)]), [], ["both"]),
        (.property(composed, .greaterThan, 1), [], ["c"]),
        (.property(decomposed, .greaterThan, 1), [], ["both"]),
        (nil, [composed], ["both", "c"]), (nil, [decomposed], ["d", "both"]),
        (nil, [composed, decomposed], ["both"]),
        (.property("n", .equal, 1), [decomposed], ["d"]),
      ]
      for (filter, orders, names) in cases {
        let request = scene.request(filter) { $0.orders = orders.map { QueryOrder($0) } }
        let items = try await scene.backend.query(request).items
        try scene.expect(
          items.compactMap { $0.entity.key?.name }, equals: names, "\(request)")
      }
      let projected = scene.request { $0.projection = [composed, decomposed] }
      let items = try await scene.backend.query(projected).items
      try scene.expect(items.map(\.entity), equals: [both], "the selected properties")
    },
    Case("Two spellings of one text are two kinds, two names, and two values") { scene in
      let kinds = [composed, decomposed].map { Key($0, id: 1, namespace: scene.namespace) }
      let names = [scene.key(composed), scene.key(decomposed)]
      for (index, key) in (kinds + names).enumerated() {
        try await scene.commit(.upsert(Entity(key, ["n": .indexed(.integer(Int64(index)))])))
      }
      for (index, key) in (kinds + names).enumerated() {
        try scene.expect(
          try await scene.lookup(key)?["n"], equals: .integer(Int64(index)), "\(key)")
      }
      for key in kinds {
        let request = QueryRequest(kind: key.kind, namespace: scene.namespace)
        try scene.expect(
          try await scene.backend.query(request).items.map { $0.entity.key }, equals: [key],
          "entities of the kind")
      }
      let list = scene.key("list")
      try await scene.commit(.upsert(Entity(list, ["tags": [.string(composed)]])))
      try await scene.commit(
        .transform(
          list, [PropertyTransform("tags", .appendMissingElements([.string(decomposed)]))]))
      try scene.expect(
        try await scene.lookup(list)?["tags"], equals: [.string(composed), .string(decomposed)],
        "the elements")
      try await scene.commit(
        .transform(list, [PropertyTransform("tags", .removeAllFromArray([.string(composed)]))]))
      try scene.expect(
        try await scene.lookup(list)?["tags"], equals: [.string(decomposed)], "the elements")
    },
  ]

  private static let composed = "caf\u{E9}"
  private static let decomposed = "cafe\u{301}"
  private static var nested: Value { .entity(Entity(nil, [composed: 1, decomposed: 2])) }

  private static func bytes(_ names: [String]) -> [[UInt8]] { names.map { Array($0.utf8) } }

  /// Stores an entity. `false` if the backend refuses it for its names.
  private static func stores(_ entity: Entity, _ scene: ContractScene) async throws -> Bool {
    do {
      try await scene.commit(.upsert(entity))
      return true
    } catch let error as DatastoreError where error.code == .invalidArgument {
      try scene.expect(error.property != nil, equals: true, "that the error names the property")
      return false
    }
  }
}

extension Mutation {
  fileprivate func masked(_ mask: [String]) -> Mutation {
    var copy = self
    copy.propertyMask = mask
    return copy
  }
}
