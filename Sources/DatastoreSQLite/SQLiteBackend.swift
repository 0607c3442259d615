// SPDX-License-Identifier: Apache-2.0
// The type's public methods are in the files of this folder. The rest is in folders, from the
// bottom:
//
// - File: the file as a whole, its tables, statements on it, and errors
// - Entities: the table of entities by key, and IDs
// - Index: the rows of the index, written and read, and composite indexes
// - History: earlier states
// - Commits: how a commit gets into the file
// - Queries: how a query is answered
// - Transactions: transactions that read, and their connections
// - Maintenance: checking, counting and backing up a file
//
// A folder refers only to folders above it in this list. Public values such as `Configuration` are
// in the folder that uses them.

#if SQLite
  internal import DatastoreEngine
  public import DatastoreModel
  private import Dispatch
  internal import GRDB

  /// A datastore in one file on this machine, stored by SQLite.
  ///
  /// ```swift
  /// let backend = try SQLiteBackend(path: "shop.db")
  /// let datastore = Datastore(backend: backend)
  /// ```
  ///
  /// - A commit is all or nothing, and it is on the disk when it returns. If the process is killed
  ///   or the power fails at any moment, no acknowledged commit is lost.
  /// - Lookups run beside commits, and see the last commit that returned before they began.
  /// - Several processes may open one file. They commit one at a time, and a commit that waits
  ///   longer than ``Configuration/busyTimeout`` fails. The file must be on a local disk.
  /// - While the file is open, SQLite keeps two files with the endings `-wal` and `-shm` beside it.
  ///   They belong to it. Copy or move the file only when it is closed.
  ///
  /// Calls suspend and never block the caller's thread: the work runs on the database's own queues.
  /// If the caller of a commit is cancelled, the commit still goes on to its end, so its outcome is
  /// never in doubt.
  public final class SQLiteBackend: DatastoreBackend {
    /// The file's path as it was given; `nil` in memory.
    public let path: String?

    let database: any DatabaseWriter
    let identifiers: @Sendable () -> Int64
    let calls = InFlightCalls()
    let propertyIDs: PropertyIDs
    let commits: CommitQueue
    let transactions: OpenTransactions
    let strategy: QueryPlan.Strategy
    let access: StoreAccess
    let beginsWithoutConnection: Bool

    /// Opens the file, or creates it if there is none.
    ///
    /// Returns when the file is ready for use. This reads a few pages, and waits for other
    /// processes if need be.
    ///
    /// - Parameters:
    ///   - path: The file's path. Its folder must exist.
    ///   - configuration: How to use the file.
    /// - Throws: `DatastoreError` with the path and what to do: `failedPrecondition` for a folder,
    ///   a missing folder, a file that is not a database, a database of another program, or a
    ///   datastore of a newer version, none of which is changed; `permissionDenied`; `unavailable`
    ///   if another process has locked the file; `resourceExhausted` on a full disk.
    public convenience init(path: String, configuration: Configuration = .default) throws {
      let file = StoreFile(path: path, configuration: configuration, schema: .current)
      if configuration.isReadOnly {
        let (database, access) = try file.openReadOnly()
        self.init(database, path: path, access: access)
      } else {
        var access = StoreAccess(path: path, version: Schema.current.version)
        access.history = HistoryPolicy(configuration)
        self.init(
          try file.open(), path: path, access: access,
          maxTransactions: configuration.maxTransactions,
          beginsWithoutConnection: configuration.beginsWithoutConnection)
      }
    }

    /// Makes a datastore in memory, for tests and caches. It is gone with the last reference to it.
    ///
    /// Lookups and commits run one at a time.
    ///
    /// - Parameter configuration: How much of the past to keep. The rest has no meaning in memory.
    /// - Throws: `DatastoreError` with `resourceExhausted` if there is too little memory.
    public static func inMemory(configuration: Configuration = .default) throws -> SQLiteBackend {
      var access = StoreAccess(path: nil, version: Schema.current.version)
      access.history = HistoryPolicy(configuration)
      return SQLiteBackend(
        try StoreFile.openInMemory(schema: .current), path: nil, access: access)
    }

    /// Makes a datastore that is gone with the last reference to it, and that may be larger than
    /// the memory.
    ///
    /// Up to ``Configuration/cacheBytes`` are in memory. The rest is in a file without a name in
    /// the system's folder for temporary files, of which nothing is left, also after a crash.
    /// Lookups and commits run one at a time.
    ///
    /// - Parameter configuration: The size of the cache, and how much of the past to keep. The rest
    ///   has no meaning here.
    /// - Throws: `DatastoreError` with `resourceExhausted` if there is too little memory.
    public static func temporary(configuration: Configuration = .default) throws -> SQLiteBackend {
      var access = StoreAccess(path: nil, version: Schema.current.version)
      access.history = HistoryPolicy(configuration)
      return SQLiteBackend(
        try StoreFile.openTemporary(configuration: configuration, schema: .current), path: nil,
        access: access)
    }

    /// Tests pass generators of IDs that collide, and strategies of queries.
    init(
      _ database: any DatabaseWriter, path: String?,
      identifiers: @escaping @Sendable () -> Int64 = AutomaticID.next,
      strategy: QueryPlan.Strategy = .cheapest, access: StoreAccess? = nil,
      maxTransactions: Int = Configuration.default.maxTransactions,
      beginsWithoutConnection: Bool = false
    ) {
      let access = access ?? StoreAccess(path: path, version: Schema.current.version)
      self.access = access
      self.strategy = strategy
      self.beginsWithoutConnection = beginsWithoutConnection
      self.database = database
      self.path = path
      self.identifiers = identifiers
      propertyIDs = PropertyIDs()
      commits = CommitQueue(access, propertyIDs)
      transactions = OpenTransactions(maxConnections: maxTransactions)
    }

    // If a transaction's connection outlived the writer, the log would stay.
    deinit { transactions.removeAll() }

    /// Begins a transaction that writes any number of entities.
    package func beginBulk() throws -> BulkTransaction { try BulkTransaction(self) }

    /// Runs a query beside commits; returns how much it made SQLite read too.
    func run<Reply: Sendable>(
      _ query: NormalizedQuery, at past: PastState? = nil,
      _ body: @escaping @Sendable (QueryRun) throws -> Reply
    ) async throws -> (reply: Reply, cost: QueryCost.Counts) {
      try StoreFailure.requireUserKind(query.request.kind)
      try calls.enter(path)
      defer { calls.leave() }
      return try await withCheckedThrowingContinuation { continuation in
        database.asyncRead { [access, propertyIDs, strategy] connection in
          continuation.resume(
            with: Result {
              try access.reading(connection) { connection in
                let run = try QueryRun(
                  query, connection, propertyIDs, at: past, strategy: strategy)
                return (try body(run), run.cost.counts)
              }
            })
        }
      }
    }

    /// Waits for the calls in flight, then closes the file.
    ///
    /// Later calls fail with `failedPrecondition`. Closing again does nothing. A backend that is
    /// dropped without closing closes its file too.
    ///
    /// - Throws: `DatastoreError` if the database could not be closed in good order. All commits
    ///   are safe even then. `failedPrecondition` means that the file was moved, removed or
    ///   replaced while it was open; the commits are in the file that was opened.
    public func close() async throws {
      // Calls that wait for a connection are in flight, and may wait for callers that are not.
      transactions.limiter.close(path)
      guard calls.close() else { return }
      await calls.drain()
      transactions.removeAll()
      // Closing writes the log back into the file, which may take long and blocks.
      try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { [database, path] in
          continuation.resume(
            with: Result {
              try StoreFailure.translating(path, .close) {
                try StoreFile.close(database, path)
              }
            })
        }
      }
    }
  }

  extension Schema {
    /// The schema of this version of the library.
    static let current = Schema.make(fillIndex: IndexBackfill.run)
  }
#endif
