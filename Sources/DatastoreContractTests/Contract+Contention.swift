// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let contentionCases: [Case] = [
    Case("Two transactions of different entities both commit") { scene in
      try await scene.commit(.upsert(scene.entity("a", 1)), .upsert(scene.entity("b", 1)))
      let (first, second) = (try await scene.begin(), try await scene.begin())
      try scene.expect(try await scene.values("a", in: first), equals: [1], "the first reads")
      try scene.expect(try await scene.values("b", in: second), equals: [1], "the second reads")
      let committed = [
        try await scene.commits(first, .upsert(scene.entity("a", 2))),
        try await scene.commits(second, .upsert(scene.entity("b", 2))),
      ]
      try scene.expect(committed, equals: [true, true], "committed")
    },
    Case("Lost update: of two transactions that read and write one entity, at most one commits") {
      scene in
      try await scene.commit(.upsert(scene.entity("a", 0)))
      try await expectOneOfTwo(scene) { id, number in
        guard try await scene.values("a", in: id) != nil else { return nil }
        return .upsert(scene.entity("a", .integer(number)))
      }
    },
    Case(
      "Write skew: of two transactions that each write what the other has read, at most one commits"
    ) { scene in
      try await scene.commit(.upsert(scene.entity("1", 1)), .upsert(scene.entity("2", 1)))
      try await expectOneOfTwo(scene) { id, number in
        guard try await scene.values("1", "2", in: id) != nil else { return nil }
        return .upsert(scene.entity("\(number)", 0))
      }
    },
    Case("A lookup of a missing entity counts as a read") { scene in
      try await expectOneOfTwo(scene) { id, number in
        guard let values = try await scene.values("new", in: id) else { return nil }
        try scene.expect(values, equals: [nil], "what is missing")
        return .upsert(scene.entity("new", .integer(number)))
      }
    },
    Case("Phantom: a count conflicts with a change of what it counts") { scene in
      let request = scene.request(.property("value", .greaterThan, 5))
      try await expectOneOfTwo(scene) { id, number in
        let count = try await scene.unlessAborted {
          try await scene.backend.aggregate(
            AggregationRequest(query: request, aggregations: [.count()]), in: .running(id)
          ).values
        }
        guard let count else { return nil }
        try scene.expect(count, equals: [0], "the count")
        return .upsert(scene.entity("new-\(number)", 7))
      }
    },
  ]

  /// Runs two interleaved transactions: both read, then both commit the mutations that `body`
  /// returned.
  static func expectOneOfTwo(
    _ scene: ContractScene,
    _ body: (_ id: TransactionID, _ number: Int64) async throws -> Mutation?
  ) async throws {
    let ids = [try await scene.begin(), try await scene.begin()]
    let mutations = [try await body(ids[0], 1), try await body(ids[1], 2)]
    var committed = 0
    for (id, mutation) in zip(ids, mutations) {
      guard let mutation else { continue }
      if try await scene.commits(id, mutation) { committed += 1 }
    }
    try scene.expect(committed <= 1, equals: true, "at most one commits, and not \(committed)")
    // A transaction without a competitor can commit.
    let id = try await scene.begin()
    let isCommitted = try await scene.commits(id, .upsert(scene.entity("last", 0)))
    try scene.expect(isCommitted, equals: true, "a single transaction commits")
  }
}
