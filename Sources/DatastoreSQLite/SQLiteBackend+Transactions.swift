// SPDX-License-Identifier: Apache-2.0
#if SQLite
  public import DatastoreEngine
  public import DatastoreModel
  internal import GRDB

  extension SQLiteBackend: CheckingBackend {
    /// Begins a transaction on the state of the last commit that returned before.
    ///
    /// It does not delay commits. In a file it has a connection of its own. If
    /// ``Configuration/maxTransactions`` are open, it waits for one of them to end, or begins
    /// without a connection; see ``Configuration/beginsWithoutConnection``. In memory it reads the
    /// current state, and the first read that no longer fits the earlier ones aborts it.
    ///
    /// - Throws: `DatastoreError`: `invalidArgument` for a time whose state is not kept; see
    ///   ``Configuration/historyTime``; `resourceExhausted` if it waits and no open
    ///   transaction does anything for 60 seconds, or if the process may open no more files;
    ///   `failedPrecondition` if the datastore is closed meanwhile; or an error of the file system.
    ///   `CancellationError` if the caller is cancelled while it waits.
    public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
      try calls.enter(path)
      defer { calls.leave() }
      let id = try await addTransaction(mode)
      do {
        try await transactions.use(id) { transaction in
          guard transaction.snapshot != nil else { return }
          try await onConnection(of: transaction) { _ in }
        }
      } catch {
        _ = transactions.remove(id)
        throw error
      }
      return id
    }

    /// Adds a transaction whose first read takes the snapshot.
    private func addTransaction(_ mode: TransactionMode) async throws -> TransactionID {
      if case .readOnly(let time?) = mode { _ = try await settled(time) }
      guard let pool = database as? DatabasePool else {
        return transactions.add(OpenTransaction(mode, .checked))
      }
      guard beginsWithoutConnection else {
        return try await transactions.begin(mode, from: pool, at: path)
      }
      if let id = try await transactions.beginIfPossible(mode, from: pool, at: path) { return id }
      return try await beginWithoutConnection(mode)
    }

    private func beginWithoutConnection(_ mode: TransactionMode) async throws -> TransactionID {
      var past: PastState?
      if mode.isReadOnly, access.history.keepsAnything {
        past = PastState(time: try await reading { try CommitClock($0).committed })
      }
      return transactions.add(OpenTransaction(mode, .checked, past: past))
    }

    /// Begins a transaction of which only the commit checks what it has read.
    package func beginCheckedTransaction() throws -> TransactionID? {
      try calls.enter(path)
      defer { calls.leave() }
      // No other process has what is in memory.
      guard database is DatabasePool else { return nil }
      return transactions.add(OpenTransaction(.readWrite(), .newest))
    }

    /// Writes up to 500 mutations, all or none. They are durable when this returns.
    ///
    /// Commits that wait while another is being written go to the disk together, each with an
    /// outcome of its own. A transaction's commit reads everything again that the transaction has
    /// read, in the same transaction of SQLite that writes.
    ///
    /// An incomplete key of an insert or upsert gets a random ID of 16 digits that no entity with
    /// its parent and kind has.
    ///
    /// - Throws: `DatastoreError`: `alreadyExists` and `notFound` with the key, `invalidArgument`
    ///   for over 500 mutations, two mutations of one key, an unusable key, or a transaction that
    ///   is read-only or over; `aborted` if another commit has changed what the transaction has
    ///   read, or if another process has locked the file; `resourceExhausted` on a full disk,
    ///   `failedPrecondition` after ``close()``. Nothing was written then. With `unavailable` the
    ///   disk failed, and it is not known whether the commit was written.
    public func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      for mutation in mutations { if let key = mutation.key { try DatabaseScope.check(key) } }
      return try await write(mutations, in: transaction)
    }

    /// Writes mutations of any database.
    func write(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      let plan = try CommitPlan(mutations, identifiers: identifiers)
      try calls.enter(path)
      defer { calls.leave() }
      var mode = TransactionMode.readWrite()
      var check: (@Sendable (Database) throws -> Void)?
      switch transaction {
      case nil: break
      case .begin(let new): mode = new
      case .running(let id):
        guard let open = transactions.remove(id) else { throw OpenTransactions.unknown }
        mode = open.mode
        // The check must not cache property IDs in the backend's cache: commits before it in the
        // same group may still be undone.
        check = { [log = open.log] in try log.check($0, PropertyIDs()) }
      }
      if mode.isReadOnly {
        throw DatastoreError(
          .invalidArgument, "The transaction is read-only and cannot be committed. Roll it back.")
      }
      if mutations.isEmpty { return CommitReply(keys: []) }
      return try await commits.commit(plan, into: database, check: check)
    }

    /// Ends a transaction without writing. If it is over already, nothing happens.
    public func rollback(_ transaction: TransactionID) async throws {
      _ = transactions.remove(transaction)
    }

    /// Runs a read inside a transaction; returns the transaction's ID if the read has begun it.
    func read<Reply: Sendable>(
      _ read: ReadLog.Read, _ selector: TransactionSelector,
      _ body: @escaping @Sendable (Database, ReadScope) throws -> (Reply, Int)
    ) async throws -> (Reply, TransactionID?) {
      try calls.enter(path)
      defer { calls.leave() }
      switch selector {
      case .running(let id):
        do {
          return (try await transactions.use(id) { try await run(read, $0, body) }, nil)
        } catch let error as DatastoreError where error.code == .aborted {
          _ = transactions.remove(id)
          throw error
        }
      case .begin(let mode):
        let id = try await addTransaction(mode)
        do {
          return (try await transactions.use(id) { try await run(read, $0, body) }, id)
        } catch {
          _ = transactions.remove(id)
          throw error
        }
      }
    }

    private func run<Reply: Sendable>(
      _ read: ReadLog.Read, _ transaction: OpenTransaction,
      _ body: @escaping @Sendable (Database, ReadScope) throws -> (Reply, Int)
    ) async throws -> Reply {
      let (mode, log) = (transaction.mode, transaction.log)
      let (past, isFixed) = (transaction.past, transaction.isFixed)
      let checksReads = if case .checked = transaction.view { !isFixed } else { false }
      return try await onConnection(of: transaction) { [propertyIDs] connection in
        if checksReads { try log.check(connection, propertyIDs) }
        let (reply, fingerprint) = try body(connection, ReadScope(propertyIDs, past))
        // A transaction that only reads a fixed state has nothing to compare.
        if !isFixed || !mode.isReadOnly { log.add(read, fingerprint: fingerprint) }
        return reply
      }
    }

    private func onConnection<Reply: Sendable>(
      of transaction: OpenTransaction, _ body: @escaping @Sendable (Database) throws -> Reply
    ) async throws -> Reply {
      let source: any DatabaseReader = transaction.snapshot ?? database
      let hasSnapshot = transaction.snapshot != nil
      return try await withCheckedThrowingContinuation { continuation in
        source.asyncRead { [access] connection in
          continuation.resume(
            with: Result {
              let connection = Result {
                let connection = try connection.get()
                if hasSnapshot { try SnapshotPool.begin(connection) }
                return connection
              }
              return try access.reading(connection, body)
            })
        }
      }
    }
  }
#endif
