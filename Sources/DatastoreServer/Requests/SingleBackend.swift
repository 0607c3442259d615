// SPDX-License-Identifier: Apache-2.0
#if Server
  public import DatastoreModel

  /// One backend, for the default database of every project.
  public struct SingleBackend: DatabaseProvider {
    private let backend: any DatastoreBackend
    private let advice: String

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - backend: The backend, which is closed at the end.
    ///   - advice: What the error says to a client that asks for another database.
    public init(_ backend: any DatastoreBackend, advice: String = "") {
      self.backend = backend
      self.advice = advice
    }

    /// The backend.
    ///
    /// - Throws: `DatastoreError` with `notFound` for another database than the default one.
    public func backend(of database: DatabaseName) throws -> any DatastoreBackend {
      guard database.database.isEmpty else {
        throw DatastoreError(
          .notFound,
          """
          There is no database "\(database.database)". This server has only the default one, "".
          """ + (advice.isEmpty ? "" : " \(advice)"))
      }
      return backend
    }

    /// Removes all entities.
    public func reset() async throws {
      for namespace in try await namespaces() { try await empty(namespace) }
    }

    /// The namespaces with entities.
    private func namespaces() async throws -> [String] {
      var request = QueryRequest(kind: "__namespace__")
      request.projection = [QueryRequest.keyProperty]
      var names: [String] = []
      while true {
        let reply = try await backend.query(request)
        // The key of the default namespace has an ID in place of a name.
        names += reply.items.compactMap { $0.entity.key.map { $0.name ?? "" } }
        guard reply.more == .notFinished else { return names }
        request.startCursor = reply.endCursor
      }
    }

    private func empty(_ namespace: String) async throws {
      var request = QueryRequest(namespace: namespace)
      request.projection = [QueryRequest.keyProperty]
      while true {
        let keys = try await backend.query(request).items.compactMap(\.entity.key)
        if keys.isEmpty { return }
        for start in stride(from: 0, to: keys.count, by: Limits.commitMutations) {
          let end = min(start + Limits.commitMutations, keys.count)
          _ = try await backend.commit(keys[start..<end].map { .delete($0) })
        }
      }
    }

    /// Closes the backend.
    public func close() async throws { try await backend.close() }
  }
#endif
