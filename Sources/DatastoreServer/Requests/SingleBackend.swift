// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel

  /// One backend, for the default database of every project.
  struct SingleBackend: DatabaseProvider {
    let backend: any DatastoreBackend

    init(_ backend: any DatastoreBackend) { self.backend = backend }

    func backend(of database: DatabaseName) throws -> any DatastoreBackend {
      guard database.database.isEmpty else {
        throw DatastoreError(
          .notFound,
          """
          There is no database "\(database.database)". This server has only the default one, ""\
          .
          """)
      }
      return backend
    }

    func databases() -> [DatabaseName] { [] }

    func reset() async throws {
      var request = QueryRequest()
      request.projection = [QueryRequest.keyProperty]
      while true {
        let reply = try await backend.query(request)
        let deletions = reply.items.compactMap { $0.entity.key.map(Mutation.delete) }
        for start in stride(from: 0, to: deletions.count, by: Limits.commitMutations) {
          let end = min(start + Limits.commitMutations, deletions.count)
          _ = try await backend.commit(Array(deletions[start..<end]))
        }
        if reply.items.isEmpty { return }
      }
    }

    func close() async throws { try await backend.close() }
  }
#endif
