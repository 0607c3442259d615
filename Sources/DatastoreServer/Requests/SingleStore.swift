// SPDX-License-Identifier: Apache-2.0
#if Server
  private import DatastoreEngine
  public import DatastoreModel
  private import Synchronization

  /// One store for all projects: its default database, and its named ones if it has them.
  ///
  /// ```swift
  /// let file = try SQLiteBackend(path: "shop.db")
  /// let store = SingleStore(
  ///   file, open: { try file.database($0) }, names: { try await file.databaseNames() })
  /// ```
  public final class SingleStore: DatabaseProvider {
    private let store: any DatastoreBackend
    private let project: String
    private let names: @Sendable () async throws -> [String]
    private let open: (@Sendable (String) throws -> any DatastoreBackend)?
    /// One backend for each named database, which keeps the database's locks.
    private let opened = Mutex<[String: any DatastoreBackend]>([:])

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - store: The backend of the default database, which is closed last.
    ///   - project: The project that the data viewer shows. Requests may name any.
    ///   - open: Makes the backend of a named database, at its first use; `nil` for a store that
    ///     has only the default one.
    ///   - names: Finds the names of the databases that have entities.
    public init(
      _ store: any DatastoreBackend, project: String = "arrival",
      open: (@Sendable (String) throws -> any DatastoreBackend)? = nil,
      names: @escaping @Sendable () async throws -> [String] = { [] }
    ) {
      self.store = store
      self.project = project
      self.names = names
      self.open = open
    }

    /// The backend of a database, whatever the project.
    ///
    /// - Throws: `DatastoreError` with `notFound` for a named database if the store has none, and
    ///   what `open` throws.
    public func backend(of database: DatabaseName) throws -> any DatastoreBackend {
      try backend(named: database.database)
    }

    private func backend(named name: String) throws -> any DatastoreBackend {
      if name.isEmpty { return store }
      guard let open else {
        throw DatastoreError(
          .notFound,
          "There is no database \"\(name)\". This server has only the default one, \"\".")
      }
      return try opened.withLock { opened in
        if let backend = opened[name] { return backend }
        let backend = try open(name)
        opened[name] = backend
        return backend
      }
    }

    /// The default database and the named ones that have entities.
    public func databases() async throws -> [DatabaseName] {
      Set(try await names() + [""]).sorted().map {
        DatabaseName(project: project, database: $0)
      }
    }

    /// Removes all entities of all databases.
    public func reset() async throws {
      for name in try await databases() { try await backend(of: name).removeAll() }
    }

    /// Closes the backends, the store last.
    public func close() async throws {
      let named = opened.withLock { opened in
        defer { opened = [:] }
        return Array(opened.values)
      }
      for backend in named { try await backend.close() }
      try await store.close()
    }
  }

  extension DatastoreBackend {
    /// Removes all entities, also those that transactions have locked.
    func removeAll() async throws {
      if let locking = self as? PessimisticBackend { return try await locking.backend.removeAll() }
      for namespace in try await namespaces() { try await removeAll(in: namespace) }
    }

    /// The namespaces with entities. The default one is empty.
    func namespaces() async throws -> [String] {
      // The key of the default namespace has an ID in place of a name.
      try await keys(of: QueryRequest(kind: "__namespace__")).map { $0.name ?? "" }
    }

    /// The kinds that have entities in a namespace.
    func kinds(in namespace: String) async throws -> [String] {
      try await keys(of: QueryRequest(kind: "__kind__", namespace: namespace)).compactMap(\.name)
    }

    private func keys(of request: QueryRequest) async throws -> [Key] {
      var request = request
      request.projection = [QueryRequest.keyProperty]
      var keys: [Key] = []
      while true {
        let reply = try await query(request)
        keys += reply.items.compactMap(\.entity.key)
        guard reply.more == .notFinished else { return keys }
        request.startCursor = reply.endCursor
      }
    }

    private func removeAll(in namespace: String) async throws {
      var request = QueryRequest(namespace: namespace)
      request.projection = [QueryRequest.keyProperty]
      while true {
        let keys = try await query(request).items.compactMap(\.entity.key)
        if keys.isEmpty { return }
        for start in stride(from: 0, to: keys.count, by: Limits.commitMutations) {
          let end = min(start + Limits.commitMutations, keys.count)
          _ = try await commit(keys[start..<end].map { .delete($0) })
        }
      }
    }
  }
#endif
