// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let valueCases: [Case] = [
    Case("A value of each type is returned unchanged") { scene in
      try await roundTrip(
        scene,
        [
          "null": .indexed(.null), "true": true, "false": false,
          "zero": 0, "smallest": .indexed(.integer(.min)), "largest": .indexed(.integer(.max)),
          "double": 0.1, "infinity": .indexed(.double(.infinity)),
          "tiny": .indexed(.double(.leastNonzeroMagnitude)),
          "string": "Zürich 🏔 東京", "bytes": .indexed(.bytes([0, 1, 0x7F, 0x80, 0xFF])),
          "timestamp": .indexed(.timestamp(Timestamp(microseconds: 1_700_000_000_123_456))),
          "before 1970": .indexed(.timestamp(Timestamp(microseconds: -1))),
          "key": .indexed(.key(Key("Child", id: 7, parent: scene.key("parent")))),
          "place": .indexed(.geoPoint(GeoPoint(latitude: -89.5, longitude: 179.25))),
        ])
    },
    Case("Negative zero and not-a-number keep their bits") { scene in
      try await scene.commit(
        .upsert(
          Entity(
            scene.key("a"), ["zero": .indexed(.double(-0.0)), "nan": .indexed(.double(.nan))])))
      let found = try await scene.lookup(scene.key("a"))
      guard case .double(let zero)? = found?["zero"], case .double(let nan)? = found?["nan"] else {
        throw ContractViolation(expected: "two doubles", found: "\(String(describing: found))")
      }
      try scene.expect(zero.sign, equals: .minus, "the sign of zero")
      try scene.expect(nan.isNaN, equals: true, "not-a-number")
    },
    Case("An entity without properties is found") { scene in
      try await roundTrip(scene, [:])
    },
    Case("Empty texts, bytes, arrays and entities are returned unchanged") { scene in
      try await roundTrip(
        scene,
        [
          "string": "", "bytes": .indexed(.bytes([])), "array": .indexed(.array([])),
          "entity": .indexed(.entity(Entity())),
        ])
    },
    Case("Arrays keep their order, their mixed types and equal elements") { scene in
      try await roundTrip(scene, ["array": [3, "b", 1, .null, 1, 2.5, true]])
    },
    Case("Entities nest, with and without keys, also in arrays") { scene in
      let inner = Entity(scene.key("inner"), ["depth": 3])
      let middle = Entity(nil, ["inner": .indexed(.entity(inner)), "note": .unindexed("x")])
      try await roundTrip(
        scene,
        ["middle": .indexed(.entity(middle)), "list": [.entity(middle), .entity(inner)]])
    },
    Case("Whether a property is indexed is kept") { scene in
      try await roundTrip(
        scene,
        [
          "indexed": "a", "unindexed": .unindexed("a"), "unindexed null": .unindexed(.null),
          "unindexed array": .unindexed([1, 2]), "unindexed false": .unindexed(false),
        ])
    },
    Case("A text of a million bytes is returned whole") { scene in
      try await roundTrip(
        scene, ["text": .unindexed(.string(String(repeating: "0123456789", count: 100_000)))])
    },
    Case("The meaning of a value is kept") { scene in
      var compressed = Entity.Property(.bytes([0x78, 0x9C, 1]), isIndexed: false)
      compressed.meaning = 22
      var several = Entity.Property([.bytes([0x78, 0x9C, 2]), .bytes([])], isIndexed: false)
      several.meaning = 22
      let entity = Entity(
        scene.key("a"), ["text": compressed, "several": several, "plain": "x", "n": 1])
      try await scene.commit(.upsert(entity))
      let found = try await scene.lookup(scene.key("a"))
      for (name, property) in entity.properties {
        try scene.expect(
          found?.properties[name]?.meaning, equals: property.meaning, "the meaning of \(name)")
        try scene.expect(found?[name], equals: property.value, "the value of \(name)")
      }
      let masked = Entity(scene.key("a"), ["n": 2])
      try await scene.commit(Mutation(.update(masked), propertyMask: ["n"]))
      let changed = try await scene.lookup(scene.key("a"))
      try scene.expect(changed?.properties["text"]?.meaning, equals: 22, "the meaning")
      let results = try await scene.backend.query(scene.request(.property("n", .equal, 2))).items
      try scene.expect(
        results.first?.entity.properties["several"]?.meaning, equals: 22, "in a query")
    },
    Case("An entity may have a thousand properties") { scene in
      try await roundTrip(
        scene,
        Entity.Properties(
          (0..<1_000).map { ("p\($0)", .unindexed(.integer(Int64($0)))) }))
    },
  ]

  private static func roundTrip(
    _ scene: ContractScene, _ properties: Entity.Properties
  ) async throws {
    let entity = Entity(scene.key("value"), properties)
    try await scene.commit(.upsert(entity))
    let found = try await scene.lookup(scene.key("value"))
    try scene.expect(found != nil, equals: true, "that the entity is found")
    for (name, property) in properties {
      try scene.expect(found?.properties[name], equals: property, "the property \"\(name)\"")
    }
    try scene.expect(found?.properties.count, equals: properties.count, "how many properties")
  }
}
