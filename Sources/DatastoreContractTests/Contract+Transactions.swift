// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let transactionCases: [Case] = [
    Case("A single transaction commits all its writes") { scene in
      try await scene.commit(.upsert(scene.entity("a", 1)), .upsert(scene.entity("b", 1)))
      let id = try await scene.begin()
      try scene.expect(
        try await scene.values("a", "missing", in: id), equals: [1, nil], "what it reads")
      let isCommitted = try await scene.commits(
        id, .update(scene.entity("a", 2)), .insert(scene.entity("c", 2)),
        .delete(scene.key("b")))
      try scene.expect(isCommitted, equals: true, "committed")
      let found = try await scene.lookup(["a", "b", "c"].map { scene.key($0) })
      try scene.expect(
        found,
        equals: [scene.key("a"): scene.entity("a", 2), scene.key("c"): scene.entity("c", 2)],
        "what it wrote")
    },
    Case("A read can begin a transaction and returns its ID, and a commit can be a whole one") {
      scene in
      try await scene.commit(.upsert(scene.entity("a", 1)))
      let mode = TransactionMode.readWrite()
      let request = scene.request(.ancestor(scene.key("a")))
      let ids = [
        try await scene.backend.lookup([scene.key("a")], in: .begin(mode)).transaction,
        try await scene.backend.query(request, in: .begin(mode)).transaction,
      ].compactMap { $0 }
      try scene.expect(Set(ids).count, equals: 2, "two transactions")
      for id in ids {
        try scene.expect(try await scene.values("a", in: id), equals: [1], "what it reads")
        try await scene.backend.rollback(id)
      }
      _ = try await scene.backend.commit([.upsert(scene.entity("a", 2))], in: .begin(mode))
      try scene.expect(
        try await scene.lookup(scene.key("a")), equals: scene.entity("a", 2), "what was written")
    },
    Case("A count that begins a transaction returns its ID") { scene in
      let count = AggregationRequest(query: scene.request(), aggregations: [.count()])
      let reply = try await scene.backend.aggregate(count, in: .begin(.readWrite()))
      try scene.expect(reply.values, equals: [0], "the count")
      guard let id = reply.transaction else {
        throw ContractViolation(expected: "a transaction", found: "none")
      }
      try scene.expect(
        try await scene.commits(id, .upsert(scene.entity("a", 1))), equals: true, "committed")
    },
    Case("All reads of a transaction see one state, or it is aborted") { scene in
      let root = scene.key("root")
      func both(_ value: Value) -> [Mutation] {
        ["a", "b"].map { .upsert(scene.entity($0, value, below: root)) }
      }
      for mode in [TransactionMode.readWrite(), .readOnly()] {
        try await scene.commit(all: both(1))
        let id = try await scene.begin(mode)
        let first = try await scene.values(of: [scene.key("a", below: root)], in: id)
        try scene.expect(first, equals: [1], "the first read")
        // On a backend that locks what was read, this commit waits until the transaction has ended.
        async let change: [Key] = scene.commit(all: both(2))
        if !mode.isReadOnly { await Task.yield() } else { _ = try await change }
        let second = try await scene.values(of: [scene.key("b", below: root)], in: id)
        try scene.expect(second ?? [1], equals: [1], "the second read")
        let names =
          second == nil ? nil : try await scene.names(withValue: 1, below: root, in: id)
        try scene.expect(names ?? ["a", "b"], equals: ["a", "b"], "a query")
        try? await scene.backend.rollback(id)
        _ = try await change
      }
    },
    Case("A rolled back transaction has written nothing and has ended") { scene in
      try await scene.commit(.upsert(scene.entity("a", 1)))
      let id = try await scene.begin()
      _ = try await scene.values("a", in: id)
      try await scene.backend.rollback(id)
      try await scene.expect(.invalidArgument) {
        _ = try await scene.backend.commit([.upsert(scene.entity("a", 2))], in: .running(id))
      }
      try scene.expect(
        try await scene.lookup(scene.key("a")), equals: scene.entity("a", 1), "what was there")
    },
    Case("A committed transaction has ended") { scene in
      let id = try await scene.begin()
      try scene.expect(
        try await scene.commits(id, .upsert(scene.entity("a", 1))), equals: true, "committed")
      try await expectOver(id, scene)
      try scene.expect(
        try await scene.lookup(scene.key("a")), equals: scene.entity("a", 1), "what was written")
    },
    Case("An unknown transaction is refused") { scene in
      try await expectOver(TransactionID(bytes: [1, 2, 3]), scene)
    },
    Case("A mutation that fails makes the whole transaction fail") { scene in
      try await scene.commit(.upsert(scene.entity("a", 1)))
      let id = try await scene.begin()
      try await scene.expect(.alreadyExists) {
        _ = try await scene.backend.commit(
          [.upsert(scene.entity("b", 2)), .insert(scene.entity("a", 2))], in: .running(id))
      }
      try? await scene.backend.rollback(id)
      let found = try await scene.lookup(["a", "b"].map { scene.key($0) })
      try scene.expect(found, equals: [scene.key("a"): scene.entity("a", 1)], "what was there")
    },
    Case("A read-only transaction cannot be committed with mutations") { scene in
      let id = try await scene.begin(.readOnly())
      _ = try await scene.values("a", in: id)
      try await scene.expect(.invalidArgument) {
        _ = try await scene.backend.commit([.upsert(scene.entity("a", 1))], in: .running(id))
      }
      try? await scene.backend.rollback(id)
      try scene.expect(try await scene.lookup(scene.key("a")), equals: nil, "nothing written")
    },
    Case("An incomplete key in a transaction gets its ID with the commit") { scene in
      let id = try await scene.begin()
      let fresh = Entity(Key(incomplete: "Thing", namespace: scene.namespace), ["value": 1])
      let keys = try await scene.backend.commit([.insert(fresh)], in: .running(id)).keys
      try scene.expect(keys.map(\.isComplete), equals: [true], "complete")
      try scene.expect(try await scene.lookup(keys[0])?["value"], equals: 1, "the entity")
    },
  ]

  private static func expectOver(_ id: TransactionID, _ scene: ContractScene) async throws {
    try await scene.expect(.invalidArgument) {
      _ = try await scene.backend.lookup([scene.key("a")], in: .running(id))
    }
    try await scene.expect(.invalidArgument) {
      _ = try await scene.backend.commit([.upsert(scene.entity("a", 2))], in: .running(id))
    }
  }
}
