// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let readingCases: [Case] = [
    Case("A lookup finds an entity that was written, with its key and properties") { scene in
      let entity = scene.entity("a")
      try await scene.commit(.upsert(entity))
      try scene.expect(try await scene.lookup(scene.key("a")), equals: entity, "the entity")
    },
    Case("A key that was never written is neither found nor deferred") { scene in
      let reply = try await scene.backend.lookup([scene.key("never")])
      try scene.expect(reply.found, equals: [], "nothing found")
      try scene.expect(reply.deferred, equals: [], "nothing deferred")
    },
    Case("A lookup of no keys finds nothing") { scene in
      try scene.expect(try await scene.backend.lookup([]).found, equals: [], "nothing found")
    },
    Case("A lookup finds the existing entities among missing ones") { scene in
      try await scene.commit(.upsert(scene.entity("b")), .upsert(scene.entity("d")))
      let found = try await scene.lookup(["a", "b", "c", "d", "e"].map { scene.key($0) })
      try scene.expect(
        Set(found.keys), equals: [scene.key("b"), scene.key("d")], "the existing keys")
    },
    Case("A lookup takes a thousand keys, and a commit five hundred mutations") { scene in
      let entities = (0..<1_000).map { scene.entity("n\($0)", .integer(Int64($0))) }
      try await scene.commit(all: entities[..<500].map { .insert($0) })
      try await scene.commit(all: entities[500...].map { .upsert($0) })
      let found = try await scene.lookup(entities.compactMap(\.key))
      for entity in entities {
        try scene.expect(entity.key.flatMap { found[$0] }, equals: entity, "each entity")
      }
    },
    Case("A closed backend refuses calls, and closing it again does no harm") { scene in
      try await scene.backend.close()
      try await scene.backend.close()
      do {
        _ = try await scene.backend.lookup([scene.key("a")])
      } catch {
        return
      }
      throw ContractViolation(expected: "a failure after close", found: "a reply")
    },
  ]
}
