// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore

extension DatastoreContract {
  /// Rules for versions, times, masks and transforms.
  static let mutationCases: [Case] = versionCases + conflictCases + maskCases + transformCases

  private static let versionCases: [Case] = [
    Case("Entities have versions and times, which each commit moves on") { scene in
      let first = try await scene.backend.commit([.insert(scene.entity("a", 1))])
      let second = try await scene.backend.commit([.upsert(scene.entity("a", 2))])
      guard let one = first.results.first, let two = second.results.first,
        let before = one.version, let after = two.version,
        let found = try await scene.lookup(scene.key("a"))
      else { throw ContractViolation(expected: "versions", found: "\(first), \(second)") }
      try scene.expect(before < after, equals: true, "\(before) is before \(after)")
      try scene.expect(found.version, equals: after, "the version read")
      try scene.expect(found.updateTime, equals: two.updateTime, "the update time read")
      try scene.expect(found.createTime, equals: one.createTime, "the create time of the first")
      try scene.expect(two.createTime, equals: one.createTime, "the create time of the second")
      guard let created = one.createTime, let updated = two.updateTime,
        let time = second.commitTime
      else { throw ContractViolation(expected: "times", found: "\(first), \(second)") }
      try scene.expect(created < updated, equals: true, "\(created) is before \(updated)")
      try scene.expect(updated, equals: time, "the time of the second commit")
      let results = try await scene.results(scene.request())
      try scene.expect(results.map(\.entity.version), equals: [after], "the version of a result")
    },
    Case("An entity that was deleted and inserted again has a new create time") { scene in
      let first = try await scene.backend.commit([.insert(scene.entity("a", 1))]).results[0]
      let gone = try await scene.backend.commit([.delete(scene.key("a"))]).results[0]
      let again = try await scene.backend.commit([.insert(scene.entity("a", 2))]).results[0]
      try scene.expect(gone.createTime, equals: nil, "no create time after a deletion")
      guard let old = first.createTime, let new = again.createTime else {
        throw ContractViolation(expected: "create times", found: "\(first), \(again)")
      }
      try scene.expect(old < new, equals: true, "\(old) is before \(new)")
    },
  ]

  private static let conflictCases: [Case] = [
    Case("A write with the stored base version is written, and with another one it conflicts") {
      scene in
      let key = scene.key("a")
      let old = try await scene.backend.commit([.insert(scene.entity("a", 1))]).results[0].version
      let new = try await scene.backend.commit([.upsert(scene.entity("a", 2))]).results[0].version
      guard let old, let new else { throw ContractViolation(expected: "versions", found: "none") }
      for strategy in [Mutation.ConflictResolutionStrategy.unspecified, .serverValue] {
        let stale = Mutation(
          .upsert(scene.entity("a", 3)), conflictDetection: .baseVersion(old),
          conflictResolutionStrategy: strategy)
        let results = try await scene.backend.commit([stale, .upsert(scene.entity("b", 3))]).results
        try scene.expect(results.map(\.conflictDetected), equals: [true, false], "the conflict")
        try scene.expect(results[0].version, equals: new, "the stored version")
      }
      try scene.expect(try await scene.values("a", "b"), equals: [2, 3], "the other alone")
      let fresh = Mutation(.update(scene.entity("a", 4)), conflictDetection: .baseVersion(new))
      let result = try await scene.backend.commit([fresh]).results[0]
      try scene.expect(result.conflictDetected, equals: false, "no conflict")
      try scene.expect(try await scene.lookup(key)?["value"], equals: 4, "the value")
    },
    Case("A conflict with the strategy fail fails the whole commit") { scene in
      let time = try await scene.backend.commit([.insert(scene.entity("a", 1))])
        .results[0].updateTime
      try await scene.commit(.upsert(scene.entity("a", 2)))
      guard let time else { throw ContractViolation(expected: "an update time", found: "none") }
      let stale = Mutation(
        .delete(scene.key("a")), conflictDetection: .updateTime(time),
        conflictResolutionStrategy: .fail)
      try await scene.expectFailure(
        .failedPrecondition, of: .upsert(scene.entity("b", 3)), stale)
      try scene.expect(try await scene.values("a", "b"), equals: [2, nil], "what was there")
      guard let now = try await scene.lookup(scene.key("a"))?.updateTime else {
        throw ContractViolation(expected: "an update time", found: "none")
      }
      try await scene.commit(
        Mutation(
          .delete(scene.key("a")), conflictDetection: .updateTime(now),
          conflictResolutionStrategy: .fail))
      try scene.expect(try await scene.values("a"), equals: [nil], "deleted")
    },
  ]

  private static let maskCases: [Case] = [
    Case("A masked write changes the properties of the mask alone") { scene in
      let key = scene.key("a")
      try await scene.commit(
        .insert(
          Entity(
            key,
            [
              "kept": 1, "changed": 1, "removed": 1,
              "nested": .indexed(.entity(Entity(nil, ["x": 1, "y": 1]))),
            ])))
      let new = Entity(
        key,
        [
          "changed": 2, "ignored": 2, "nested": .indexed(.entity(Entity(nil, ["x": 2, "y": 2]))),
        ])
      try await scene.commit(
        Mutation(.update(new), propertyMask: ["changed", "removed", "nested.x"]))
      try scene.expect(
        try await scene.lookup(key),
        equals: Entity(
          key,
          [
            "kept": 1, "changed": 2, "nested": .indexed(.entity(Entity(nil, ["x": 2, "y": 1]))),
          ]), "the mask alone")
    },
    Case("A masked upsert of a missing entity creates it, and a masked update does not") { scene in
      let entity = Entity(scene.key("a"), ["x": 1, "y": 1])
      try await scene.expectFailure(.notFound, of: Mutation(.update(entity), propertyMask: ["x"]))
      try await scene.commit(Mutation(.upsert(entity), propertyMask: ["x"]))
      try scene.expect(
        try await scene.lookup(scene.key("a")), equals: Entity(scene.key("a"), ["x": 1]), "x alone")
    },
    Case("A masked lookup and a masked query return the properties of the mask alone") { scene in
      let inner = Entity(nil, ["x": 1, "y": 1])
      let entity = Entity(scene.key("a"), ["p": 1, "q": 1, "nested": .indexed(.entity(inner))])
      try await scene.commit(.insert(entity))
      let options = ReadOptions(propertyMask: ["p", "nested.x", "missing"])
      let expected = Entity(
        scene.key("a"), ["p": 1, "nested": .indexed(.entity(Entity(nil, ["x": 1])))])
      let found = try await scene.backend.lookup([scene.key("a")], options: options).found
      try scene.expect(found, equals: [expected], "the entity looked up")
      let items = try await scene.backend.query(scene.request(), options: options).items
      try scene.expect(items.map(\.entity), equals: [expected], "the entity found")
    },
    Case("Masks of queries see what transforms and masks have changed") { scene in
      try await scene.commit(.insert(Entity(scene.key("a"), ["n": 1, "s": "x"])))
      try await scene.commit(
        Mutation(
          .update(Entity(scene.key("a"), ["s": "y"])), propertyMask: ["s"],
          propertyTransforms: [PropertyTransform("n", .increment(2))]))
      try await scene.expectNames(scene.request(.property("n", .equal, 3)), ["a"], "by the sum")
      try await scene.expectNames(scene.request(.property("s", .equal, "y")), ["a"], "by the mask")
      try await scene.expectNames(scene.request(.property("n", .equal, 1)), [], "by the old value")
      try await scene.expectNames(scene.request(.property("s", .equal, "x")), [], "by the old text")
    },
  ]

  private static let transformCases: [Case] = [
    Case("Numbers are incremented, and kept at a maximum or minimum") { scene in
      let cases: [(Value?, PropertyTransform.Operation, Value)] = [
        (1, .increment(2), 3), (1, .increment(0.5), 1.5), (0.5, .increment(1), 1.5),
        (nil, .increment(2), 2), ("text", .increment(2), 2),
        (.integer(.max), .increment(1), .integer(.max)),
        (.integer(.min), .increment(-1), .integer(.min)),
        (1, .maximum(2), 2), (3, .maximum(2), 3), (3, .maximum(3.0), 3), (nil, .maximum(2), 2),
        (1, .minimum(2), 1), (3, .minimum(2.5), 2.5), ("text", .minimum(2), 2),
      ]
      for (index, (old, operation, new)) in cases.enumerated() {
        let key = scene.key("\(index)")
        try await scene.commit(
          .upsert(Entity(key, old.map { ["n": .indexed($0)] } ?? ["other": 1])))
        let result = try await scene.backend.commit(
          [.transform(key, [PropertyTransform("n", operation)])]
        ).results[0]
        let what = "\(old.map { "\($0)" } ?? "nothing") after \(operation)"
        try scene.expect(result.transformResults, equals: [new], "the result of \(what)")
        try scene.expect(try await scene.lookup(key)?["n"], equals: new, what)
      }
    },
    Case("Elements are appended if they are missing, and removed wherever they are") { scene in
      let key = scene.key("a")
      func after(
        _ old: Value, _ operation: PropertyTransform.Operation
      ) async throws -> Value? {
        try await scene.commit(.upsert(Entity(key, ["list": .indexed(old)])))
        let reply = try await scene.backend.commit(
          [.transform(key, [PropertyTransform("list", operation)])])
        try scene.expect(reply.results[0].transformResults, equals: [.null], "the result")
        return try await scene.lookup(key)?["list"]
      }
      try scene.expect(
        try await after([1, 2], .appendMissingElements([2, 3, 3, .null])),
        equals: [1, 2, 3, .null], "appended")
      try scene.expect(
        try await after("text", .appendMissingElements([1])), equals: [1], "an array of one")
      try scene.expect(
        try await after([1, 2, 1, "1"], .removeAllFromArray([1, 9])), equals: [2, "1"], "removed")
      try scene.expect(
        try await after("text", .removeAllFromArray([1])), equals: [], "an empty array")
    },
    Case("The server's time is that of the commit, the same for all of its entities") { scene in
      let transform = PropertyTransform("seen", .setToServerTime)
      let mutations = ["a", "b"].map {
        Mutation(.upsert(scene.entity($0, 1)), propertyTransforms: [transform])
      }
      let reply = try await scene.backend.commit(mutations)
      let found = try await scene.lookup([scene.key("a"), scene.key("b")])
      let times = found.values.map { $0["seen"]?.timestampValue }
      guard let time = times.first ?? nil, let committed = reply.commitTime else {
        throw ContractViolation(expected: "two times", found: "\(times), \(reply)")
      }
      try scene.expect(times, equals: [time, time], "the same time")
      let distance = abs(time.microseconds - committed.microseconds)
      try scene.expect(distance < 5_000_000, equals: true, "\(time) is about \(committed)")
    },
    Case("Transforms apply in order, after the properties, also to nested and new ones") { scene in
      let key = scene.key("a")
      try await scene.commit(.upsert(Entity(key, ["n": 100])))
      let reply = try await scene.backend.commit([
        Mutation(
          .upsert(Entity(key, ["n": 1])),
          propertyTransforms: [
            PropertyTransform("n", .increment(1)), PropertyTransform("n", .maximum(10)),
            PropertyTransform("inner.count", .increment(1)),
          ])
      ])
      try scene.expect(reply.results[0].transformResults, equals: [2, 10, 1], "the results")
      let found = try await scene.lookup(key)
      try scene.expect(found?["n"], equals: 10, "the number")
      try scene.expect(found?["inner"]?.entityValue?["count"], equals: 1, "the nested number")
    },
    Case("A transform of a missing entity fails with notFound") { scene in
      try await scene.expectFailure(
        .notFound, of: .transform(scene.key("a"), [PropertyTransform("n", .increment(1))]))
    },
    Case("Concurrent increments are all counted") { scene in
      let key = scene.key("a")
      try await scene.commit(.upsert(Entity(key, ["n": 0])))
      try await scene.withDatastore { datastore in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<20 {
            group.addTask {
              _ = try await datastore.update(key, [PropertyTransform("n", .increment(1))]).value
            }
          }
          try await group.waitForAll()
        }
      }
      try scene.expect(try await scene.lookup(key)?["n"], equals: 20, "the count")
    },
  ]
}

extension ContractScene {
  /// The values of things.
  fileprivate func values(_ names: String...) async throws -> [Value?] {
    let found = try await lookup(names.map { key($0) })
    return names.map { found[key($0)]?["value"] }
  }
}
