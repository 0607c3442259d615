// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension DatastoreContract {
  static let keyCases: [Case] = [
    Case("An ID and a name that look alike are different keys") { scene in
      try await distinct(
        scene,
        [
          Key("Thing", id: 7, namespace: scene.namespace),
          Key("Thing", name: "7", namespace: scene.namespace),
        ])
    },
    Case("Keys that differ only in kind, namespace or parent are different keys") { scene in
      let root = Key("Thing", id: 1, namespace: scene.namespace)
      try await distinct(
        scene,
        [
          root,
          Key("Other", id: 1, namespace: scene.namespace),
          Key("Thing", id: 1, namespace: scene.namespace + "-2"),
          Key("Thing", id: 1, parent: root),
          Key("Thing", id: 1, parent: Key("Other", id: 1, namespace: scene.namespace)),
        ])
    },
    Case("Names are compared byte for byte, not by how they look") { scene in
      let names = ["\u{E9}", "e\u{301}", "E", "e", "e ", "\u{212B}", "\u{C5}"]
      try await distinct(scene, names.map { scene.key($0) })
    },
    Case("The boundaries between the texts of a path are kept") { scene in
      func key(_ kind: String, _ name: String, _ child: String) -> Key {
        Key(child, name: name, parent: Key(kind, name: name, namespace: scene.namespace))
      }
      try await distinct(scene, [key("a", "bc", "d"), key("ab", "c", "d"), key("a", "b", "cd")])
    },
    Case("Paths of twenty steps and names of 1,500 bytes work") { scene in
      var key = Key("Root", name: String(repeating: "n", count: 1_500), namespace: scene.namespace)
      for step in 1..<20 { key = Key("Step", id: Int64(step), parent: key) }
      try await distinct(scene, [key, key.root])
    },
    Case("The smallest and largest numbers work as IDs") { scene in
      try await distinct(
        scene, [1, -1, .max, .min].map { Key("Thing", id: $0, namespace: scene.namespace) })
    },
  ]

  /// Writes an entity under each key, and checks that each key finds its entity.
  private static func distinct(_ scene: ContractScene, _ keys: [Key]) async throws {
    let entities = keys.enumerated().map { index, key in
      Entity(key, ["index": .indexed(.integer(Int64(index)))])
    }
    try await scene.commit(all: entities.map { .insert($0) })
    let found = try await scene.lookup(keys)
    for (key, entity) in zip(keys, entities) {
      try scene.expect(found[key], equals: entity, "the entity of \(key)")
    }
  }
}
