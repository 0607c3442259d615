// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  /// Rules for queries in transactions: queries of a kind, and queries below an ancestor. The
  /// oldest engine had only the latter.
  static let queryContentionCases: [Case] = [nil, "root"].flatMap(queryContentionCases)

  private static func queryContentionCases(below root: String?) -> [Case] {
    let place = root == nil ? "" : "Below an ancestor: "
    return [
      Case(
        "\(place)Phantom: of two transactions that add to what both have found, at most one commits"
      ) { scene in
        let root = root.map { scene.key($0) }
        try await scene.commit(.upsert(scene.entity("a", 7, below: root)))
        try await expectOneOfTwo(scene) { id, number in
          let names = try await scene.names(withValue: 7, below: root, in: id)
          guard let names else { return nil }
          try scene.expect(names, equals: ["a"], "what it finds")
          return .upsert(scene.entity("new-\(number)", 7, below: root))
        }
        let count = try await scene.results(scene.request(.property("value", .equal, 7))).count
        try scene.expect(count <= 2, equals: true, "at most one was added to one, not \(count)")
      },
      Case("\(place)Removing what a query has found is a conflict, as adding to it is") { scene in
        let root = root.map { scene.key($0) }
        try await scene.commit(all: ["1", "2"].map { .upsert(scene.entity($0, 7, below: root)) })
        try await expectOneOfTwo(scene) { id, number in
          let names = try await scene.names(withValue: 7, below: root, in: id)
          return names == nil ? nil : .delete(scene.key("\(number)", below: root))
        }
      },
      Case("\(place)Entities that were neither read nor found cause no conflict") { scene in
        let root = root.map { scene.key($0) }
        try await scene.commit(
          .upsert(scene.entity("a", 7, below: root)), .upsert(scene.entity("b", 1)))
        let (first, second) = (try await scene.begin(), try await scene.begin())
        try scene.expect(
          try await scene.names(withValue: 7, below: root, in: first), equals: ["a"],
          "the first finds")
        try scene.expect(try await scene.values("b", in: second), equals: [1], "the second reads")
        try scene.expect(
          try await scene.commits(second, .upsert(scene.entity("b", 2))), equals: true, "the second"
        )
        try scene.expect(
          try await scene.commits(first, .upsert(scene.entity("c", 1, below: root))), equals: true,
          "the first")
      },
      Case("\(place)Entities of another kind do not conflict with a query") { scene in
        let root = root.map { scene.key($0) }
        let other = Entity(Key("Other", name: "b", namespace: scene.namespace), ["value": 7])
        try await scene.commit(.upsert(scene.entity("a", 7, below: root)), .upsert(other))
        let (first, second) = (try await scene.begin(), try await scene.begin())
        let names = try await scene.names(withValue: 7, below: root, in: first)
        try scene.expect(names, equals: ["a"], "the first finds")
        try scene.expect(
          try await scene.commits(second, .update(other)), equals: true, "the second")
        try scene.expect(
          try await scene.commits(first, .upsert(scene.entity("c", 7, below: root))), equals: true,
          "the first")
      },
    ]
  }
}
