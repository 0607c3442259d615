#if SQLite
  internal import DatastoreEngine
  public import DatastoreModel
  private import Dispatch
  internal import GRDB

  /// A datastore in one file on this machine, kept by SQLite.
  ///
  /// ```swift
  /// let backend = try SQLiteBackend(path: "shop.arrival")
  /// let datastore = Datastore(backend: backend)
  /// ```
  ///
  /// - A commit is all or nothing, and on the disk when it returns: killing the process or the
  ///   machine's power at any moment loses nothing that was acknowledged.
  /// - Lookups run beside commits and see the last commit that returned before they began.
  /// - Several processes may open one file; their commits take turns, and one that waits longer
  ///   than ``Configuration/busyTimeout`` fails with a clear error. The file must lie on a local
  ///   disk.
  /// - Beside the file stand two helpers, `-wal` and `-shm`, while it is open; they belong to it.
  ///   Copy or move it when closed.
  ///
  /// Calls suspend and never block the caller's thread: the work runs on the database's own queues.
  /// A commit that has begun goes on to its end when its caller is cancelled, so that its outcome
  /// is never in doubt.
  public final class SQLiteBackend: DatastoreBackend {
    /// The file's path as given; `nil` in memory.
    public let path: String?

    let database: any DatabaseWriter
    let identifiers: @Sendable () -> Int64
    let gate = Gate()
    let names: IndexNames
    let commits: CommitQueue
    let transactions: OpenTransactions
    let method: QueryPlan.Method
    let access: StoreAccess

    /// Opens the file, or creates it if there is none.
    ///
    /// Returns when the file is ready for use; this reads a few pages, and waits for other
    /// processes if need be.
    ///
    /// - Parameters:
    ///   - path: The file's path. Its folder must exist.
    ///   - configuration: How to treat the file.
    /// - Throws: `DatastoreError` with the path and what to do: `failedPrecondition` for a folder,
    ///   a missing folder, or a file that is no database, not ours or of a newer version, all of
    ///   which are left as they are; `permissionDenied`; `unavailable` if another process holds the
    ///   file; `resourceExhausted` on a full disk.
    public convenience init(path: String, configuration: Configuration = .default) throws {
      let file = StoreFile(path: path, configuration: configuration, schema: .current)
      if configuration.isReadOnly {
        let (database, access) = try file.openReadOnly()
        self.init(database, path: path, access: access)
      } else {
        self.init(
          try file.open(), path: path, maximumTransactions: configuration.maximumTransactions)
      }
    }

    /// A datastore in memory alone, which is gone when the last reference to it is.
    ///
    /// For tests and caches. Lookups and commits take turns.
    ///
    /// - Throws: `DatastoreError` if there is no memory for it.
    public static func inMemory() throws -> SQLiteBackend {
      SQLiteBackend(try StoreFile.openInMemory(schema: .current), path: nil)
    }

    /// Tests pass generators of identifiers that collide, and force a way of answering queries.
    init(
      _ database: any DatabaseWriter, path: String?,
      identifiers: @escaping @Sendable () -> Int64 = AutomaticID.next,
      method: QueryPlan.Method = .cheapest, access: StoreAccess? = nil,
      maximumTransactions: Int = Configuration.default.maximumTransactions
    ) {
      let access = access ?? StoreAccess(path: path)
      self.access = access
      self.method = method
      self.database = database
      self.path = path
      self.identifiers = identifiers
      names = IndexNames()
      commits = CommitQueue(access, names)
      transactions = OpenTransactions(maximum: maximumTransactions)
    }

    // Their connections must not outlive the writer, or the log stays.
    deinit { transactions.removeAll() }

    /// Reads up to 1,000 entities.
    ///
    /// Equal keys are answered once; nothing is ever deferred. An entity that cannot be read is among
    /// the reply's failures, with `dataLoss`, and the others are found.
    ///
    /// - Throws: `DatastoreError`: `invalidArgument` for over 1,000 keys or an incomplete one,
    ///   `failedPrecondition` after ``close()``, or what the file system says; `dataLoss` where the
    ///   file itself is damaged.
    public func lookup(_ keys: [Key]) async throws -> LookupReply {
      let plan = try LookupPlan(keys)
      try gate.enter(path)
      defer { gate.leave() }
      if keys.isEmpty { return LookupReply(found: []) }
      return try await withCheckedThrowingContinuation { continuation in
        database.asyncRead { [access] connection in
          continuation.resume(
            with: Result {
              try access.reading(connection) { try plan.run($0, at: access.path) }
            })
        }
      }
    }

    /// Writes up to 500 mutations, all or none; durable when it returns.
    ///
    /// Commits that wait while another is written go to the disk together, each with an outcome of
    /// its own.
    ///
    /// An incomplete key of an insert or upsert gets a random ID of 16 digits that no entity of its
    /// parent and kind has.
    ///
    /// - Throws: `DatastoreError`: `alreadyExists` and `notFound` with the key, `invalidArgument`
    ///   for over 500 mutations, two of one key or an unusable key, `aborted` if another process
    ///   holds the file, `resourceExhausted` on a full disk, `failedPrecondition` after
    ///   ``close()``. Nothing was written then. With `unavailable` the disk failed at the last
    ///   moment and it is not known.
    public func commit(_ mutations: [Mutation]) async throws -> CommitReply {
      let plan = try CommitPlan(mutations, identifiers: identifiers)
      try gate.enter(path)
      defer { gate.leave() }
      if mutations.isEmpty { return CommitReply(keys: []) }
      return try await commits.commit(plan, into: database)
    }

    /// Finds entities: up to 1,000, or about 4 MiB of them, in one go.
    ///
    /// - Throws: `DatastoreError`: `invalidArgument` for a request that breaks a rule or a cursor of
    ///   another query, `dataLoss` for an entity that cannot be read, `failedPrecondition` after
    ///   ``close()``, or what the file system says.
    public func query(_ request: QueryRequest) async throws -> QueryReply {
      let query = try NormalizedQuery(request)
      return try await run(query) { try $0.reply(query) }.reply
    }

    /// Computes over a query's results, all of them in one state of the file.
    ///
    /// - Throws: As ``query(_:)``.
    public func aggregate(_ request: AggregationRequest) async throws -> AggregationReply {
      let query = try request.normalized()
      return try await run(query) {
        try $0.reply(query, request.aggregations, QueryEvaluation(query))
      }.reply
    }

    /// Runs a query beside commits; gives what it made SQLite read too.
    func run<Reply: Sendable>(
      _ query: NormalizedQuery, _ body: @escaping @Sendable (QueryRun) throws -> Reply
    ) async throws -> (reply: Reply, cost: QueryCost.Numbers) {
      try StoreFailure.requireOrdinary(query.request.kind)
      try gate.enter(path)
      defer { gate.leave() }
      return try await withCheckedThrowingContinuation { continuation in
        database.asyncRead { [access, names, method] connection in
          continuation.resume(
            with: Result {
              try access.reading(connection) { connection in
                let run = try QueryRun(query, connection, names, method: method)
                return (try body(run), run.cost.numbers)
              }
            })
        }
      }
    }

    /// Waits for what is under way, then closes the file. Later calls fail with
    /// `failedPrecondition`; closing again does nothing.
    ///
    /// A backend that is dropped without it closes its file too.
    ///
    /// - Throws: `DatastoreError` if the database could not be closed in good order; what was
    ///   committed is safe even then.
    public func close() async throws {
      // Those who wait for a connection are inside, and might wait for those who are not.
      transactions.turns.close(path)
      guard await gate.close() else { return }
      transactions.removeAll()
      // Closing writes the log back into the file, which takes its time.
      try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { [database, path] in
          continuation.resume(
            with: Result {
              try StoreFailure.translating(path, .close) {
                try database.close()
                if let pool = database as? DatabasePool { StoreFile.putLogAway(of: pool) }
              }
            })
        }
      }
    }
  }
#endif
