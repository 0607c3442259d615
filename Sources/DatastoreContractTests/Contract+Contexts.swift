// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore

extension DatastoreContract {
  /// Rules for the contexts of a ``Datastore`` on the backend.
  static let contextCases: [Case] = [
    Case("In a context, gets of one key share a lookup, and see a put and a delete at once") {
      scene in
      try await scene.commit(.upsert(scene.entity("a", 1)))
      try await scene.withDatastore { datastore in
        let key = scene.key("a")
        try await datastore.withContext {
          let both = try await Future.all([datastore.get(key), datastore.get(key)]).value
          try scene.expect(both, equals: [scene.entity("a", 1), scene.entity("a", 1)], "both")
          let put = datastore.put(scene.entity("a", 2))
          try scene.expect(
            try await datastore.get(key).value, equals: scene.entity("a", 2), "what was put")
          _ = try await put.value
          let delete = datastore.delete(key)
          try scene.expect(try await datastore.get(key).value, equals: nil, "nothing")
          try await delete.value
        }
        try scene.expect(datastore.statistics().lookups.count, equals: 1, "lookups")
        try scene.expect(try await datastore.get(key).value, equals: nil, "nothing, outside")
      }
    },
    Case("A transaction ignores the context, which has its writes after the commit") {
      scene in
      try await scene.commit(.upsert(scene.entity("a", 1)))
      try await scene.withDatastore { datastore in
        let key = scene.key("a")
        try await datastore.withContext {
          _ = try await datastore.get(key).value
          try await scene.commit(.upsert(scene.entity("a", 2)))
          let seen = try await datastore.transaction { tx in
            let seen = try await tx.get(key).value
            tx.put(scene.entity("a", 3))
            return seen
          }.value
          try scene.expect(seen, equals: scene.entity("a", 2), "what the transaction reads")
          try scene.expect(
            try await datastore.get(key).value, equals: scene.entity("a", 3), "what it wrote")
        }
      }
      try scene.expect(
        try await scene.lookup(scene.key("a")), equals: scene.entity("a", 3), "what is stored")
    },
  ]
}
