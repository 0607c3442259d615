// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  public import DatastoreModel

  extension SQLiteBackend {
    /// A database of its own in the same file.
    ///
    /// ```swift
    /// let backend = try SQLiteBackend(path: "shop.db")
    /// let orders = Datastore(backend: try backend.database("orders"))
    /// ```
    ///
    /// No call of one database finds or changes entities of another one. All of them share the
    /// file's commits, so that they are backed up together. A database exists from its first entity
    /// on.
    ///
    /// - Parameter name: Up to 63 of the characters a-z, 0-9 and `-`. Empty for the default
    ///   database, which is that of the backend itself.
    /// - Throws: `DatastoreError` with `invalidArgument` for another name.
    public func database(_ name: String) throws(DatastoreError) -> any DatastoreBackend {
      try database(name, closesFile: false)
    }

    /// A database of the file, whose `close()` also closes the file if `closesFile` is `true`.
    package func database(
      _ name: String, closesFile: Bool
    ) throws(DatastoreError) -> any DatastoreBackend {
      try RequestRules.check(database: name)
      if name.isEmpty { return self }
      return NamedDatabase(
        backend: self, scope: DatabaseScope(name: name), closesFile: closesFile)
    }

    /// The names of the databases in the file that have entities, in order. The default one is
    /// empty.
    ///
    /// - Throws: `DatastoreError`: `failedPrecondition` after ``close()``, or an error of the file
    ///   system.
    public func databaseNames() async throws -> [String] {
      try await reading { try FileMetadata.databases($0).sorted() }
    }
  }

  /// A named database of a file, which may belong to its backend, and is not closed then.
  private struct NamedDatabase: CheckingBackend {
    let backend: SQLiteBackend
    let scope: DatabaseScope
    private let closesFile: Bool
    private let calls = InFlightCalls()

    init(backend: SQLiteBackend, scope: DatabaseScope, closesFile: Bool) {
      self.backend = backend
      self.scope = scope
      self.closesFile = closesFile
    }

    func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      try await visible {
        var reply = try await backend.find(try keys.map(scope.stored), stored(options))
        reply.transaction = reply.transaction.map(shown)
        for index in reply.found.indices { show(&reply.found[index]) }
        reply.deferred = reply.deferred.map(scope.visible)
        reply.failures = Dictionary(
          uniqueKeysWithValues: reply.failures.map { (scope.visible($0), visible($1)) })
        return reply
      }
    }

    func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      try options.checkMask(for: request)
      return try await visible {
        var reply = try await backend.find(
          try NormalizedQuery(request, in: scope), stored(options))
        reply.transaction = reply.transaction.map(shown)
        for index in reply.items.indices { show(&reply.items[index].entity) }
        return reply
      }
    }

    func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      try await visible {
        var reply = try await backend.compute(
          request.aggregations, over: try NormalizedQuery(request, in: scope), stored(options))
        reply.transaction = reply.transaction.map(shown)
        return reply
      }
    }

    func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      try await visible {
        let transaction = try transaction.map(stored)
        return shown(try await backend.write(try mutations.map(stored), in: transaction))
      }
    }

    func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
      try await visible { shown(try await backend.beginTransaction(mode)) }
    }

    func beginCheckedTransaction() throws -> TransactionID? {
      try backend.beginCheckedTransaction().map(shown)
    }

    func rollback(_ transaction: TransactionID) async throws {
      try await visible { try await backend.rollback(try stored(transaction)) }
    }

    func allocateIDs(for keys: [Key]) async throws -> [Key] {
      try await visible {
        try await backend.allocate(try keys.map(scope.stored)).map(scope.visible)
      }
    }

    func reserveIDs(_ keys: [Key]) async throws {
      try await visible { try await backend.reserve(try keys.map(scope.stored)) }
    }

    func close() async throws {
      guard calls.close() else { return }
      await calls.drain()
      if closesFile { try await backend.close() }
    }

    // MARK: Transactions

    /// The ID as the database's users know it: with the database's name, so that no other database
    /// of the file accepts it.
    private func shown(_ id: TransactionID) -> TransactionID {
      TransactionID(bytes: id.bytes + scope.name.utf8)
    }

    private func stored(_ id: TransactionID) throws(DatastoreError) -> TransactionID {
      let name = [UInt8](scope.name.utf8)
      guard id.bytes.count == OpenTransactions.idBytes + name.count,
        id.bytes.suffix(name.count) == name[...]
      else { throw OpenTransactions.unknown }
      return TransactionID(bytes: Array(id.bytes.prefix(OpenTransactions.idBytes)))
    }

    private func stored(_ selector: TransactionSelector) throws(DatastoreError)
      -> TransactionSelector
    {
      switch selector {
      case .running(let id): .running(try stored(id))
      case .begin: selector
      }
    }

    private func stored(_ options: ReadOptions) throws(DatastoreError) -> ReadOptions {
      guard case .transaction(let selector) = options.consistency else { return options }
      var stored = options
      stored.consistency = .transaction(try self.stored(selector))
      return stored
    }

    // MARK: Keys

    private func stored(_ mutation: Mutation) throws(DatastoreError) -> Mutation {
      guard let key = mutation.key else { return mutation }
      var stored = mutation
      let storedKey = try scope.stored(key)
      switch mutation.operation {
      case .insert(let entity): stored.operation = .insert(Entity(storedKey, entity.properties))
      case .update(let entity): stored.operation = .update(Entity(storedKey, entity.properties))
      case .upsert(let entity): stored.operation = .upsert(Entity(storedKey, entity.properties))
      case .delete: stored.operation = .delete(storedKey)
      }
      for index in stored.earlier.indices {
        stored.earlier[index] = try self.stored(stored.earlier[index])
      }
      return stored
    }

    private func show(_ entity: inout Entity) {
      if let key = entity.key { entity.key = scope.visible(key) }
    }

    private func shown(_ reply: CommitReply) -> CommitReply {
      var reply = reply
      for index in reply.results.indices {
        let key = scope.visible(reply.results[index].key)
        reply.results[index].key = key
        for step in reply.results[index].earlier.indices {
          reply.results[index].earlier[step].key = key
        }
      }
      return reply
    }

    /// Runs a call; its errors name keys as the database's users know them.
    private func visible<Reply>(_ call: () async throws -> Reply) async throws -> Reply {
      try calls.enter(backend.path)
      defer { calls.leave() }
      do {
        return try await call()
      } catch let error as DatastoreError {
        throw visible(error)
      }
    }

    private func visible(_ error: DatastoreError) -> DatastoreError {
      var shown = error
      shown.key = error.key.map(scope.visible)
      return shown
    }
  }
#endif
