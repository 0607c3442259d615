// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore

extension DatastoreContract {
  static let allocationCases: [Case] = [
    Case("Allocated IDs are positive and unique, and complete the keys in order") {
      scene in
      let parent = scene.key("parent")
      let kinds = ["A", "B", "A"]
      let keys = try await scene.backend.allocateIDs(
        for: kinds.map { Key(incomplete: $0, parent: parent) })
      try scene.expect(keys.map(\.kind), equals: kinds, "the kinds in order")
      for key in keys {
        try scene.expect(key.parent, equals: parent, "the parent")
        try scene.expect((key.id ?? 0) > 0, equals: true, "a positive ID")
      }
      var all: Set<Key> = []
      let fresh = Key(incomplete: "A", parent: parent)
      for _ in 0..<4 {
        let some = try await scene.backend.allocateIDs(for: Array(repeating: fresh, count: 250))
        all.formUnion(some)
      }
      try scene.expect(all.count, equals: 1_000, "different IDs")
    },
    Case("Concurrent tasks that allocate and insert get different IDs") { scene in
      let fresh = Key(incomplete: "Thing", namespace: scene.namespace)
      let all = try await withThrowingTaskGroup(of: [Key].self) { group in
        for task in 0..<8 {
          group.addTask {
            if task.isMultiple(of: 2) {
              return try await scene.backend.allocateIDs(for: Array(repeating: fresh, count: 50))
            }
            return try await scene.commit(
              all: (0..<50).map { _ in .insert(Entity(fresh)) })
          }
        }
        return try await group.reduce(into: Set<Key>()) { $0.formUnion($1) }
      }
      try scene.expect(all.count, equals: 400, "different IDs")
    },
    Case("Allocated IDs are scattered") { scene in
      let fresh = Key(incomplete: "Thing", namespace: scene.namespace)
      let ids = try await scene.backend.allocateIDs(for: Array(repeating: fresh, count: 100))
        .compactMap(\.id)
      let near = zip(ids, ids.dropFirst()).count { $1 > $0 && $1 - $0 < 1_000 }
      try scene.expect(near < 10, equals: true, "few that follow one another, and not \(near)")
    },
    Case("Reserved IDs are not allocated") { scene in
      let fresh = Key(incomplete: "Thing", namespace: scene.namespace)
      let known = try await scene.backend.allocateIDs(for: Array(repeating: fresh, count: 50))
      try await scene.backend.reserveIDs(known)
      try await scene.backend.reserveIDs([scene.key("named"), fresh.completed(id: 7)])
      let new = try await scene.backend.allocateIDs(for: Array(repeating: fresh, count: 500))
      try scene.expect(Set(new).isDisjoint(with: known), equals: true, "none of the reserved")
    },
    Case("Allocating for a complete key and reserving an incomplete one are refused") {
      scene in
      try await scene.expect(.invalidArgument) {
        _ = try await scene.backend.allocateIDs(for: [scene.key("a")])
      }
      try await scene.expect(.invalidArgument) {
        try await scene.backend.reserveIDs([Key(incomplete: "Thing", namespace: scene.namespace)])
      }
    },
    Case("A datastore allocates and reserves any number of IDs") { scene in
      try await scene.withDatastore { datastore in
        let fresh = Key(incomplete: "Thing", namespace: scene.namespace)
        let keys = try await datastore.allocateIDs(for: fresh, count: 1_200).value
        try scene.expect(Set(keys).count, equals: 1_200, "different IDs")
        try await datastore.reserveIDs(keys).value
        try scene.expect(
          try await datastore.allocateIDs(for: fresh, count: 0).value, equals: [], "none")
        try await scene.expect(.invalidArgument) {
          _ = try await datastore.allocateIDs(for: keys[0], count: 1).value
        }
      }
    },
  ]
}
