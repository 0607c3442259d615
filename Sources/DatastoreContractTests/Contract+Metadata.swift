// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore

extension DatastoreContract {
  /// Rules for queries about the datastore itself, and for the positions of results.
  static let metadataCases: [Case] = [
    Case("Queries find the namespaces, kinds and properties that have entities") { scene in
      let other = Key("Other", id: 1, namespace: scene.namespace)
      let gone = Key("Gone", id: 1, namespace: scene.namespace)
      try await scene.commit(
        .insert(Entity(scene.key("a"), ["n": 1, "mixed": "text", "hidden": .unindexed(1)])),
        .insert(Entity(scene.key("b"), ["mixed": [1, 2.5]])), .insert(Entity(other, ["x": true])),
        .insert(Entity(gone, ["y": 1])))
      try await scene.commit(.delete(gone))
      try await scene.withDatastore { datastore in
        let namespaces = try await datastore.namespaces().value
        try scene.expect(namespaces.contains(scene.namespace), equals: true, "the namespace")
        let kinds = try await datastore.kinds(inNamespace: scene.namespace).value
        try scene.expect(kinds, equals: ["Other", "Thing"], "the kinds")
        let properties = try await datastore.properties(
          ofKind: "Thing", inNamespace: scene.namespace
        ).value.map { IndexedProperty(name: $0.name, types: $0.types.sorted()) }
        try scene.expect(
          properties,
          equals: [
            IndexedProperty(name: "mixed", types: ["DOUBLE", "INT64", "STRING"]),
            IndexedProperty(name: "n", types: ["INT64"]),
          ], "the properties")
      }
    },
    Case("Queries for kinds take a range of keys") { scene in
      for kind in ["A", "B", "C"] {
        try await scene.commit(.insert(Entity(Key(kind, id: 1, namespace: scene.namespace))))
      }
      var request = QueryRequest(kind: "__kind__", namespace: scene.namespace)
      request.filter = .property(
        "__key__", .greaterThanOrEqual,
        .key(Key("__kind__", name: "B", namespace: scene.namespace)))
      request.limit = 1
      let items = try await scene.backend.query(request).items
      try scene.expect(items.map { $0.entity.key?.name }, equals: ["B"], "the kind")
    },
    Case("A page says the position of each of its results") { scene in
      try await scene.store(["a": ["n": 1], "b": ["n": 2], "c": ["n": 3]])
      try await scene.withDatastore { datastore in
        let all = Query(kind: "Thing").inNamespace(scene.namespace).order(by: "n")
        let page = try await datastore.query(all).page(limit: 3).value
        try scene.expect(page.cursors.count, equals: 3, "cursors")
        let rest = try await datastore.query(all.starting(after: page.cursors[0])).fetch().value
        try scene.expect(rest.map { $0["n"] }, equals: [2, 3], "after the first")
        let start = try await datastore.query(all.ending(at: page.cursors[1])).fetch().value
        try scene.expect(start.map { $0["n"] }, equals: [1, 2], "up to the second")
        let before = all.ending(before: page.cursors[1])
        try scene.expect(
          try await datastore.query(before).fetch().value.map { $0["n"] }, equals: [1],
          "before the second")
        try await datastore.delete(scene.key("b")).value
        try scene.expect(
          try await datastore.query(before).fetch().value.map { $0["n"] }, equals: [1],
          "before the place of one that is gone")
        var none = all.ending(before: page.cursors[2])
        none = none.starting(after: page.cursors[1])
        try scene.expect(
          try await datastore.query(none).fetch().value.count, equals: 0, "between two neighbours")
      }
    },
  ]
}
