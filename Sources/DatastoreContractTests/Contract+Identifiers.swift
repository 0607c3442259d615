// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let identifierCases: [Case] = [
    Case("An incomplete key gets a positive ID, under which the entity is found") {
      scene in
      let parent = scene.key("parent")
      for makeMutation in [Mutation.insert, Mutation.upsert] {
        let entity = Entity(Key(incomplete: "Child", parent: parent), ["value": 1])
        let keys = try await scene.commit(makeMutation(entity))
        guard let key = keys.first, let id = key.id, id > 0 else {
          throw ContractViolation(expected: "a positive ID", found: "\(keys)")
        }
        try scene.expect(key.kind, equals: "Child", "the kind")
        try scene.expect(key.parent, equals: parent, "the parent")
        try scene.expect(
          try await scene.lookup(key), equals: Entity(key, ["value": 1]), "the entity")
      }
    },
    Case("Five hundred incomplete keys in one commit get five hundred IDs") { scene in
      let fresh = Key(incomplete: "Thing", namespace: scene.namespace)
      let entities = (0..<500).map { Entity(fresh, ["index": .indexed(.integer($0))]) }
      let keys = try await scene.commit(all: entities.map { .insert($0) })
      try scene.expect(Set(keys).count, equals: 500, "different keys")
      let found = try await scene.lookup(keys)
      for (index, key) in keys.enumerated() {
        try scene.expect(
          found[key]?["index"], equals: .integer(Int64(index)), "the entity of that place")
      }
    },
    Case("Separate commits get different IDs") { scene in
      let fresh = Entity(Key(incomplete: "Thing", namespace: scene.namespace))
      var keys: Set<Key> = []
      for _ in 0..<50 { keys.formUnion(try await scene.commit(.upsert(fresh), .upsert(fresh))) }
      try scene.expect(keys.count, equals: 100, "different keys")
    },
    Case("Complete and incomplete keys mix in one commit") { scene in
      let fresh = Entity(Key(incomplete: "Thing", namespace: scene.namespace))
      let keys = try await scene.commit(
        .upsert(scene.entity("a")), .upsert(fresh), .insert(scene.entity("b")), .insert(fresh))
      try scene.expect(keys[0], equals: scene.key("a"), "the first key")
      try scene.expect(keys[2], equals: scene.key("b"), "the third key")
      try scene.expect(keys.allSatisfy(\.isComplete), equals: true, "all keys complete")
      try scene.expect(try await scene.lookup(keys).count, equals: 4, "all found")
    },
  ]
}
