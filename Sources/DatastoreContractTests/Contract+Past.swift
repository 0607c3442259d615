// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore

extension DatastoreContract {
  /// The rules of backends that keep earlier states for some minutes.
  public static let pastCases: [Case] = readTimeCases + randomPastCases

  private static let readTimeCases: [Case] = [
    Case("A lookup at a read time finds what was there, and what was deleted since") { scene in
      let before = try await scene.time(.insert(scene.entity("a", 1)))
      let both = try await scene.time(
        .upsert(scene.entity("a", 2)), .insert(scene.entity("b", 2)))
      let gone = try await scene.time(.delete(scene.key("a")))
      try await scene.commit(.insert(scene.entity("a", 4)), .upsert(scene.entity("b", 4)))
      let keys = [scene.key("a"), scene.key("b")]
      let states: [(Timestamp, [Value?])] = [
        (before, [1, nil]), (both, [2, 2]), (gone, [nil, 2]),
      ]
      for (time, values) in states {
        let reply = try await scene.backend.lookup(keys, options: ReadOptions(readTime: time))
        let found = keys.map { key in reply.found.first { $0.key == key }?["value"] }
        try scene.expect(found, equals: values, "the state of \(time)")
      }
      let now = try await scene.lookup(keys)
      try scene.expect(keys.map { now[$0]?["value"] }, equals: [4, 4], "the present state")
    },
    Case("Queries and aggregations at a read time see the state of that time") { scene in
      try await scene.store(["a": ["n": 1], "b": ["n": 2], "c": ["n": 3], "d": ["n": 4]])
      let time = try await scene.time(.delete(scene.key("d")))
      try await scene.store(["a": ["n": 9], "c": ["other": 1], "e": ["n": 2]])
      try await scene.commit(.delete(scene.key("b")))
      let options = ReadOptions(readTime: time)
      for (request, names) in [
        (scene.request(order: [QueryOrder("n")]), ["a", "b", "c"]),
        (scene.request(order: [QueryOrder("n", .descending)]), ["c", "b", "a"]),
        (scene.request(.property("n", .greaterThan, 1)), ["b", "c"]),
        (scene.request(), ["a", "b", "c"]), (scene.request { $0.limit = 2 }, ["a", "b"]),
        (scene.request { $0.projection = ["__key__"] }, ["a", "b", "c"]),
      ] {
        let reply = try await scene.backend.query(request, options: options)
        try scene.expect(
          reply.items.map { $0.entity.key?.name }, equals: names, "results of \(request)")
      }
      let sum = AggregationRequest(
        query: scene.request(), aggregations: [.count(), .sum("n")])
      try scene.expect(
        try await scene.backend.aggregate(sum, options: options).values, equals: [3, 6], "the sum")
      try scene.expect(try await scene.aggregate(.count()), equals: [3], "the present count")
    },
    Case("Queries at a read time find the kinds and properties of that time") { scene in
      func names(_ kind: String, _ options: ReadOptions) async throws -> [String] {
        let request = QueryRequest(kind: kind, namespace: scene.namespace)
        return try await scene.backend.query(request, options: options).items.compactMap {
          $0.entity.key?.name
        }
      }
      let old = Key("Old", id: 1, namespace: scene.namespace)
      let new = Key("New", id: 1, namespace: scene.namespace)
      try await scene.commit(
        .insert(Entity(old, ["was": 1])), .insert(Entity(scene.key("a"), ["x": 1])))
      let time = try await scene.time(.upsert(Entity(scene.key("a"), ["y": 1])))
      try await scene.commit(.delete(old), .insert(Entity(new, ["is": 1])))
      try await scene.commit(.upsert(Entity(scene.key("a"), ["z": 1])))
      let past = ReadOptions(readTime: time)
      try scene.expect(try await names("__kind__", past), equals: ["Old", "Thing"], "the kinds")
      try scene.expect(
        try await names("__property__", past), equals: ["was", "y"], "the properties")
      let namespaces = try await names("__namespace__", past)
      try scene.expect(namespaces.contains(scene.namespace), equals: true, "the namespace")
      try scene.expect(
        try await names("__kind__", ReadOptions()), equals: ["New", "Thing"], "the kinds now")
      let count = AggregationRequest(
        query: QueryRequest(kind: "__kind__", namespace: scene.namespace),
        aggregations: [.count()])
      try scene.expect(
        try await scene.backend.aggregate(count, options: past).values, equals: [2], "their count")
      let id = try await scene.begin(.readOnly(asOf: time))
      let request = QueryRequest(kind: "__kind__", namespace: scene.namespace)
      let reply = try await scene.backend.query(request, in: .running(id))
      try scene.expect(
        reply.items.map { $0.entity.key?.name }, equals: ["Old", "Thing"], "in a transaction")
      try await scene.backend.rollback(id)
    },
    Case("Pages of a query at a read time continue at cursors in the same state") { scene in
      for index in 0..<6 { try await scene.commit(.insert(scene.entity("\(index)", 1))) }
      let time = try await scene.time(.delete(scene.key("5")))
      let options = ReadOptions(readTime: time)
      var request = scene.request(.property("value", .equal, 1)) { $0.limit = 2 }
      var names: [String?] = []
      for round in 0..<3 {
        let reply = try await scene.backend.query(request, options: options)
        names += reply.items.map { $0.entity.key?.name }
        request.startCursor = reply.endCursor
        try await scene.commit(
          .upsert(scene.entity("\(round + 1)", 2)), .delete(scene.key("\(round + 3)")))
      }
      try scene.expect(names, equals: ["0", "1", "2", "3", "4"], "the pages")
    },
    Case("A read-only transaction at a time sees that state, also after later commits") { scene in
      let time = try await scene.time(.insert(scene.entity("a", 1)))
      try await scene.commit(.upsert(scene.entity("a", 2)))
      let id = try await scene.begin(.readOnly(asOf: time))
      try await scene.commit(.delete(scene.key("a")))
      try scene.expect(try await scene.values("a", in: id), equals: [1], "the value")
      try scene.expect(try await scene.names(withValue: 1, in: id), equals: ["a"], "the names")
      try await scene.backend.rollback(id)
    },
    Case("Reads say their read time, at which another read finds the same") { scene in
      try await scene.commit(.insert(scene.entity("a", 1)))
      let key = [scene.key("a")]
      let lookup = try await scene.backend.lookup(key, options: ReadOptions()).readTime
      let query = try await scene.backend.query(scene.request(), options: ReadOptions()).readTime
      guard let lookup, let query else {
        throw ContractViolation(expected: "read times", found: "\(lookup as Any)")
      }
      try await scene.commit(.upsert(scene.entity("a", 2)))
      for time in [lookup, query] {
        let found = try await scene.backend.lookup(key, options: ReadOptions(readTime: time)).found
        try scene.expect(found.map { $0["value"] }, equals: [1], "the state of \(time)")
      }
    },
    Case("Reads say the version of the state that they read") { scene in
      let old = try await scene.backend.commit([.insert(scene.entity("a", 1))]).results[0].version
      let keys = [scene.key("a"), scene.key("missing")]
      let lookup = try await scene.backend.lookup(keys, options: ReadOptions()).snapshotVersion
      let query = try await scene.backend.query(scene.request(), options: ReadOptions())
        .snapshotVersion
      let new = try await scene.backend.commit([.upsert(scene.entity("a", 2))]).results[0].version
      guard let old, let lookup, let query, let new else {
        throw ContractViolation(expected: "versions", found: "\(lookup as Any)")
      }
      for version in [lookup, query] {
        try scene.expect(old <= version, equals: true, "\(old) is not after \(version)")
        try scene.expect(version < new, equals: true, "\(version) is before \(new)")
      }
    },
    Case("A read time in the future or in the last century fails with invalidArgument") { scene in
      try await scene.commit(.upsert(scene.entity("a", 1)))
      try await scene.commit(.upsert(scene.entity("a", 2)))
      let future = Timestamp(microseconds: Timestamp.now.microseconds + 3_600_000_000)
      try await scene.expect(.invalidArgument) {
        _ = try await scene.backend.lookup(
          [scene.key("a")], options: ReadOptions(readTime: future))
      }
      try await scene.expect(.invalidArgument) {
        _ = try await scene.backend.query(scene.request(), options: ReadOptions(readTime: future))
      }
    },
  ]
}

extension ContractScene {
  /// Commits; returns the time of the commit.
  fileprivate func time(_ mutations: Mutation...) async throws -> Timestamp {
    guard let time = try await backend.commit(mutations).commitTime else {
      throw ContractViolation(expected: "a commit time", found: "none")
    }
    return time
  }
}
