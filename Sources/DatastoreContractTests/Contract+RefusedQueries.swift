// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let refusedQueryCases: [Case] = [
    Case("A comparison with an unsupported value is refused, naming the property") { scene in
      for value: Value in [[1], .entity(Entity())] {
        try await scene.expectRefusal(scene.request(.property("v", .equal, value)), naming: "v")
      }
      for value: Value in [1, []] {
        try await scene.expectRefusal(scene.request(.property("v", .isIn, value)), naming: "v")
      }
      try await scene.expectRefusal(
        scene.request(.property("__key__", .equal, 1)), naming: "__key__")
      try await scene.expectRefusal(scene.request(.property("__kind__", .equal, 1)))
      try await scene.expectRefusal(scene.request(.and([])))
    },
    Case("A filter of over thirty parts, an IN of over thirty and a NOT IN of over ten are refused")
    {
      scene in
      func values(_ count: Int) -> Value { .array((0..<count).map { .integer(Int64($0)) }) }
      try await scene.expectNames(scene.request(.property("v", .isIn, values(30))), [])
      try await scene.expectRefusal(scene.request(.property("v", .isIn, values(31))), naming: "v")
      try await scene.expectNames(scene.request(.property("v", .isNotIn, values(10))), [])
      try await scene.expectRefusal(
        scene.request(.property("v", .isNotIn, values(11))), naming: "v")
      try await scene.expectRefusal(
        scene.request(
          .and([.property("v", .isIn, values(6)), .property("w", .isIn, values(6))])))
    },
    Case("A second != or NOT IN is refused, and so is NOT IN with IN or OR") { scene in
      let not = QueryFilter.property("v", .notEqual, 1)
      try await scene.expectRefusal(
        scene.request(.and([not, .property("w", .notEqual, 1)])), naming: "w")
      let notIn = QueryFilter.property("v", .isNotIn, [1])
      try await scene.expectRefusal(
        scene.request(.and([notIn, .property("w", .isIn, [1])])), naming: "v")
      try await scene.expectRefusal(
        scene.request(.or([notIn, .property("w", .equal, 1)])), naming: "v")
    },
    Case("Contradictory orders, selections and distinct properties are refused") { scene in
      try await scene.expectRefusal(
        scene.request(order: [QueryOrder("v"), QueryOrder("v", .descending)]), naming: "v")
      try await scene.expectRefusal(scene.request { $0.projection = ["v", "v"] }, naming: "v")
      try await scene.expectRefusal(
        scene.request(.property("v", .equal, 1)) { $0.projection = ["v"] }, naming: "v")
      try await scene.expectRefusal(
        scene.request(order: [QueryOrder("v")]) { $0.distinctOn = ["w"] }, naming: "v")
      try await scene.expectRefusal(scene.request { $0.distinctOn = ["__key__"] })
      try await scene.expectRefusal(scene.request { $0.limit = -1 })
      try await scene.expectRefusal(scene.request { $0.offset = -1 })
      try await scene.expectRefusal(scene.request { $0.offset = Int(Int32.max) + 1 })
    },
    Case("A query without a kind uses no property, and all parts of an OR have the same ancestor") {
      scene in
      var request = QueryRequest(namespace: scene.namespace)
      request.filter = .property("v", .equal, 1)
      try await scene.expectRefusal(request, naming: "v")
      request.filter = nil
      request.orders = [QueryOrder("__key__", .descending)]
      try await scene.expectRefusal(request)
      try await scene.expectRefusal(
        scene.request(.or([.ancestor(scene.key("a")), .property("v", .equal, 1)])))
    },
    Case("A key of another namespace and an incomplete key are refused") { scene in
      for key in [Key("Thing", id: 1), Key(incomplete: "Thing", namespace: scene.namespace)] {
        try await scene.expectRefusal(scene.request(.ancestor(key)))
        try await scene.expectRefusal(scene.request(.property("__key__", .lessThan, .key(key))))
      }
    },
    Case("Keys that cannot be written cannot be compared with, and long names are refused") {
      scene in
      let long = String(repeating: "x", count: 1_501)
      for step in [
        Key.PathElement(kind: "Thing", identifier: .id(0)),
        Key.PathElement(kind: "", identifier: .id(1)),
        Key.PathElement(kind: "Thing", identifier: .name("")),
        Key.PathElement(kind: long, identifier: .id(1)),
        Key.PathElement(kind: "Thing", identifier: .name(long)),
      ] {
        let key = try Key(path: [step], namespace: scene.namespace)
        try await scene.expectRefusal(scene.request(.ancestor(key)))
        try await scene.expectRefusal(scene.request(.property("__key__", .equal, .key(key))))
        try await scene.expectRefusal(
          scene.request(.property("__key__", .isIn, .array([.key(key)]))))
      }
      for name in [long, "outer.\(long)"] {
        try await scene.expectRefusal(scene.request(.property(name, .equal, 1)))
        try await scene.expectRefusal(scene.request(order: [QueryOrder(name)]))
        try await scene.expectRefusal(scene.request { $0.projection = [name] })
      }
    },
    Case("Damaged cursors and cursors of another query are refused") { scene in
      try await scene.store(["a": ["v": 1], "b": ["v": 2]])
      let request = scene.request(order: [QueryOrder("v")]) { $0.limit = 1 }
      let cursor = try await scene.backend.query(request).endCursor
      var damaged = [[UInt8]](repeating: cursor.bytes, count: cursor.bytes.count)
      for index in damaged.indices { damaged[index][index] ^= 0x10 }
      for bytes in damaged + [[], [1], Array(cursor.bytes.dropLast())] {
        var other = request
        other.startCursor = QueryCursor(bytes: bytes)
        try await scene.expectRefusal(other)
      }
      try await scene.expectRefusal(scene.request { $0.startCursor = cursor })
      try await scene.expectRefusal(
        scene.request(order: [QueryOrder("v", .descending)]) { $0.endCursor = cursor })
    },
    Case("No or over five aggregations, and those of keys or selections, are refused") { scene in
      try await scene.expectRefusal(of: [])
      try await scene.expectRefusal(of: Array(repeating: .count(), count: 6))
      try await scene.expectRefusal(of: [.sum("__key__")])
      try await scene.expectRefusal(of: [.count(upTo: -1)])
      try await scene.expectRefusal(of: [.count()], scene.request { $0.projection = ["v"] })
    },
  ]
}
