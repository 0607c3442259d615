// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore

extension DatastoreContract {
  /// Rules for queries for the nearest vectors.
  static let nearestCases: [Case] = [
    Case("A search finds the nearest vectors by each measure") { scene in
      func vector(_ x: Double, _ y: Double, _ tag: Value) -> Entity.Properties {
        ["v": .unindexed([.double(x), .double(y)]), "tag": .indexed(tag)]
      }
      try await scene.store([
        "a": vector(1, 0, 1), "b": vector(0, 1, 1), "c": vector(10, 0.5, 1),
        "d": vector(1, 1, 2), "short": ["v": .unindexed([1]), "tag": 1], "none": ["tag": 1],
      ])
      let cases: [(FindNearest.DistanceMeasure, [String])] = [
        (.euclidean, ["a", "b"]), (.cosine, ["a", "c"]), (.dotProduct, ["c", "a"]),
      ]
      for (measure, names) in cases {
        let search = FindNearest(
          "v", to: [1, 0], measure, limit: 2, distanceResultProperty: "distance")
        let request = scene.request(.property("tag", .equal, 1)) { $0.findNearest = search }
        let items = try await scene.backend.query(request).items
        try scene.expect(items.map { $0.entity.key?.name }, equals: names, "by \(measure)")
        let distances = items.compactMap { $0.entity["distance"]?.doubleValue }
        try scene.expect(distances.count, equals: 2, "distances")
      }
      let near = FindNearest("v", to: [1, 0], .euclidean, limit: 10, distanceThreshold: 1)
      let items = try await scene.backend.query(scene.request { $0.findNearest = near }).items
      try scene.expect(items.map { $0.entity.key?.name }, equals: ["a", "d"], "within 1")
    },
    Case("A search finds the nearest up to its limit, equal ones in the order of their keys") {
      scene in
      try await scene.store(
        Dictionary(
          uniqueKeysWithValues: (0..<20).map { number in
            ("\(number + 10)", ["v": .unindexed([.integer(Int64(number / 5)), 0])])
          }))
      for measure in FindNearest.DistanceMeasure.allCases where measure != .cosine {
        let numbers = measure == .dotProduct ? Array(15..<20) + Array(10..<15) : Array(0..<10)
        for limit in [1, 4, 5, 7, 10] {
          let search = FindNearest("v", to: [0, 0], measure, limit: limit)
          var wanted = numbers
          // All products with zeros are equal.
          if measure == .dotProduct { wanted = Array(0..<10) }
          let items = try await scene.backend.query(scene.request { $0.findNearest = search }).items
          try scene.expect(
            items.map { $0.entity.key?.name }, equals: wanted.prefix(limit).map { "\($0 + 10)" },
            "\(limit) by \(measure)")
        }
      }
      let all = FindNearest("v", to: [1, 0], .dotProduct, limit: 1_000)
      let items = try await scene.backend.query(scene.request { $0.findNearest = all }).items
      try scene.expect(items.count, equals: 20, "all")
      try scene.expect(items.first?.entity.key?.name, equals: "25", "the first of the greatest")
    },
    Case("A search finds the nearest only among vectors that can be compared") { scene in
      try await scene.store([
        "good": ["v": .unindexed([1, 2.5])], "longer": ["v": .unindexed([1, 2, 3])],
        "shorter": ["v": .unindexed([1])], "empty": ["v": .unindexed([])],
        "number": ["v": .unindexed(1)], "text": ["v": .unindexed(["1", "2"])],
        "null": ["v": .unindexed([.null, 1])], "nan": ["v": .unindexed([.double(.nan), 1])],
        "zero": ["v": .unindexed([0, 0])], "none": ["w": .unindexed([1, 2])],
      ])
      for (measure, names) in [
        (.euclidean, ["good", "zero"]), (.dotProduct, ["good", "zero"]), (.cosine, ["good"]),
      ] as [(FindNearest.DistanceMeasure, [String])] {
        let search = FindNearest("v", to: [1, 2], measure, limit: 10)
        let items = try await scene.backend.query(scene.request { $0.findNearest = search }).items
        try scene.expect(items.map { $0.entity.key?.name }, equals: names, "by \(measure)")
      }
      let zero = FindNearest("v", to: [0, 0], .cosine, limit: 10)
      let items = try await scene.backend.query(scene.request { $0.findNearest = zero }).items
      try scene.expect(items.count, equals: 0, "results with an angle to zeros")
    },
    Case("A search finds the nearest up to a threshold, and tells the distance without storing it")
    { scene in
      try await scene.store([
        "a": ["v": .unindexed([1, 0]), "d": "mine"], "b": ["v": .unindexed([3, 0])],
        "c": ["v": .unindexed([0, 4])],
      ])
      for (measure, threshold, expected) in [
        (.euclidean, 2, ["a": 0, "b": 2]), (.euclidean, 1.5, ["a": 0]), (.euclidean, 0, ["a": 0]),
        (.dotProduct, 1, ["b": 3, "a": 1]), (.dotProduct, 3, ["b": 3]),
        (.cosine, 0, ["a": 0, "b": 0]), (.cosine, 1, ["a": 0, "b": 0, "c": 1]),
      ] as [(FindNearest.DistanceMeasure, Double, [String: Double])] {
        let search = FindNearest(
          "v", to: [1, 0], measure, limit: 10, distanceResultProperty: "d",
          distanceThreshold: threshold)
        let items = try await scene.backend.query(scene.request { $0.findNearest = search }).items
        var found: [String: Double] = [:]
        for item in items { found[item.entity.key?.name ?? ""] = item.entity["d"]?.doubleValue }
        try scene.expect(found, equals: expected, "up to \(threshold) by \(measure)")
      }
      let stored = try await scene.lookup([scene.key("a"), scene.key("b")])
      try scene.expect(stored[scene.key("a")]?["d"], equals: "mine", "the stored property")
      try scene.expect(stored[scene.key("b")]?["d"], equals: nil, "no stored property")
    },
    Case("A search finds the nearest in nested entities, in its namespace and in a transaction") {
      scene in
      let nested = Entity(nil, ["v": .unindexed([1, 0])])
      try await scene.store(["a": ["at": .unindexed(.entity(nested))]])
      let elsewhere = Key("Thing", name: "z", namespace: scene.namespace + "-other")
      try await scene.commit(
        .insert(Entity(elsewhere, ["at": .unindexed(.entity(nested))])))
      let search = FindNearest("at.v", to: [1, 0], .euclidean, limit: 10)
      let request = scene.request { $0.findNearest = search }
      try await scene.expectNames(request, ["a"])
      let id = try await scene.begin()
      let reply = try await scene.backend.query(request, in: .running(id))
      try scene.expect(reply.items.count, equals: 1, "results in a transaction")
      try await scene.commit(
        .upsert(Entity(scene.key("b"), ["at": .unindexed(.entity(nested))])))
      try scene.expect(
        try await scene.commits(id, .upsert(scene.entity("c"))), equals: false,
        "the commit after a change of what was found")
      try await scene.commit(.delete(elsewhere))
    },
    Case("A search for vectors outside of the limits of the API is refused") { scene in
      let wide = Array(repeating: 1.0, count: 2_049)
      for search in [
        FindNearest("v", to: [1], .euclidean, limit: 0),
        FindNearest("v", to: [1], .euclidean, limit: 1_001),
        FindNearest("v", to: [], .euclidean, limit: 1),
        FindNearest("v", to: wide, .euclidean, limit: 1),
        FindNearest("v", to: [.nan], .euclidean, limit: 1),
        FindNearest("__key__", to: [1], .euclidean, limit: 1),
      ] {
        try await scene.expectRefusal(scene.request { $0.findNearest = search })
      }
      try await scene.expectNames(
        scene.request { $0.findNearest = FindNearest("v", to: wide.dropLast(), .cosine, limit: 1) },
        [])
    },
  ]
}
