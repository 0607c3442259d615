// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel
private import Synchronization

/// A backend whose transactions lock what they read, so that they need not be tried again.
///
/// ```swift
/// let backend = PessimisticBackend(try SQLiteBackend(path: "shop.db"))
/// ```
///
/// - A transaction that may write locks each entity that it looks up, and the kinds that it
///   queries, until it ends. Another transaction that wants them waits its turn.
/// - A write that meets a lock waits for it, up to ``Configuration/writeLimit``, and then fails
///   with `aborted`.
/// - If transactions would wait for each other in a ring, the one that closes the ring fails with
///   `aborted`, and the others go on.
/// - Reads outside of transactions and read-only transactions wait for nobody.
///
/// With the other backends alone, transactions are optimistic: nobody waits, and a transaction
/// whose data has changed fails at its commit. That is faster as long as conflicts are rare. Locks
/// are better if many transactions change the same few entities, and if a transaction must not
/// fail.
///
/// The locks are in this object. Another process or backend may write the same file: if it changes
/// what a transaction has read, the transaction's commit fails with `aborted`. So no update is
/// lost, but only callers of this object wait for each other.
///
/// A transaction that is idle for over 60 seconds ends once another caller wants its locks.
///
/// If a caller is cancelled while it waits for a lock, it does not get the lock, and its
/// transaction stays as it was.
public final class PessimisticBackend: DatastoreBackend {
  /// How long to wait for locks.
  public struct Configuration: Sendable, Hashable {
    /// How long a write outside of transactions waits; 2 seconds by default.
    public var writeLimit: Duration = .seconds(2)
    /// How long a transaction waits; 15 seconds by default.
    public var transactionLimit: Duration = .seconds(15)

    /// The defaults.
    public init() {}
  }

  /// The backend below, which stores the data.
  public let backend: any DatastoreBackend
  /// How long to wait for locks.
  public let configuration: Configuration

  private let locks = LockManager()
  private let open = Mutex(LockingTransactions())
  /// The backend below if it checks what transactions have read.
  private let checking: (any CheckingBackend)?

  /// Makes a backend on top of another one.
  public init(_ backend: any DatastoreBackend, configuration: Configuration = Configuration()) {
    self.backend = backend
    self.configuration = configuration
    checking = backend as? any CheckingBackend
  }

  /// Whether no transaction has a lock or waits for one.
  package var isIdle: Bool { locks.isIdle }

  /// How many calls wait for locks.
  package var waitingCount: Int { locks.waitingCount }

  // MARK: Locks

  private func lock(
    _ wanted: LockTable.Locks, _ owner: LockTable.Owner, within limit: Duration
  ) async throws {
    try await locks.lock(wanted, for: owner, within: limit) { endIdle(now: .now) }
  }

  private static func locks(of mutations: [Mutation]) -> LockTable.Locks {
    var locks: LockTable.Locks = [:]
    for key in mutations.compactMap(\.key) {
      if key.isComplete { locks[.entity(key)] = [.exclusive] }
      locks[.kind(key.kind, namespace: key.namespace)] = [.change]
      locks[.kind(nil, namespace: key.namespace)] = [.change]
    }
    return locks
  }

  // MARK: Transactions

  /// Begins a transaction.
  public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
    if mode.isReadOnly { return try await backend.beginTransaction(mode) }
    return try begin().id
  }

  private func begin() throws -> LockingTransactions.Transaction {
    let checked = try checking?.beginCheckedTransaction()
    let transaction = LockingTransactions.Transaction(
      id: checked ?? TransactionID(bytes: (0..<16).map { _ in .random(in: 0...(.max)) }),
      owner: locks.makeOwner(), isChecked: checked != nil)
    open.withLock { $0.add(transaction, now: .now) }
    return transaction
  }

  /// Reads entities. A transaction locks them; other reads wait for nobody.
  ///
  /// - Throws: As the backend below; `aborted` if the locks cannot be had.
  public func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
    let wanted = LockTable.Locks(keys.map { (.entity($0), [.exclusive]) }) { first, _ in first }
    return try await read(wanted, options, \.transaction) {
      try await backend.lookup(keys, options: $0)
    }
  }

  /// Runs a query. A transaction locks its kind; other queries wait for nobody.
  ///
  /// - Throws: As the backend below; `aborted` if the locks cannot be had.
  public func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
    try await read(Self.locks(of: request), options, \.transaction) {
      try await backend.query(request, options: $0)
    }
  }

  /// Computes aggregations over a query, whose kind a transaction locks.
  ///
  /// - Throws: As the backend below; `aborted` if the locks cannot be had.
  public func aggregate(
    _ request: AggregationRequest, options: ReadOptions
  ) async throws -> AggregationReply {
    try await read(Self.locks(of: request.query), options, \.transaction) {
      try await backend.aggregate(request, options: $0)
    }
  }

  private static func locks(of query: QueryRequest) -> LockTable.Locks {
    [.kind(query.kind, namespace: query.namespace): [.scan]]
  }

  private func read<Reply>(
    _ wanted: LockTable.Locks, _ options: ReadOptions,
    _ begun: WritableKeyPath<Reply, TransactionID?>, _ read: (ReadOptions) async throws -> Reply
  ) async throws -> Reply {
    switch options.transaction {
    case nil, .begin(.readOnly)?: return try await read(options)
    case .running(let id)?:
      guard let transaction = open.withLock({ $0.use(id) }) else {
        return try await read(options)
      }
      defer { open.withLock { $0.leave(id, now: .now) } }
      return try await self.read(wanted, transaction, options, read)
    case .begin?:
      let transaction = try begin()
      do {
        var reply = try await self.read(wanted, transaction, options, read)
        // A caller that is gone would never end the transaction.
        try Task.checkCancellation()
        reply[keyPath: begun] = transaction.id
        return reply
      } catch {
        await end(transaction.id)
        throw error
      }
    }
  }

  private func read<Reply>(
    _ wanted: LockTable.Locks, _ transaction: LockingTransactions.Transaction,
    _ options: ReadOptions, _ read: (ReadOptions) async throws -> Reply
  ) async throws -> Reply {
    do {
      try await lock(wanted, transaction.owner, within: configuration.transactionLimit)
    } catch let error as DatastoreError {
      await end(transaction.id)
      throw error
    }
    guard open.withLock({ $0.isOpen(transaction.id) }) else {
      // It was rolled back while this read waited.
      locks.release(transaction.owner)
      throw Self.unknown
    }
    // What is locked does not change, so the newest state is the transaction's.
    var newest = options
    newest.consistency = transaction.isChecked ? .transaction(.running(transaction.id)) : .strong
    return try await read(newest)
  }

  /// Commits mutations, once no other transaction has locked their entities.
  ///
  /// - Throws: As the backend below; `aborted` if the locks cannot be had, or if another process
  ///   has changed what the transaction has read.
  public func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector?
  ) async throws -> CommitReply {
    switch transaction {
    case nil: return try await commit(mutations, within: configuration.writeLimit)
    case .begin(let mode) where !mode.isReadOnly:
      return try await commit(mutations, within: configuration.transactionLimit)
    case .begin: return try await backend.commit(mutations, in: transaction)
    case .running(let id):
      guard let running = open.withLock({ $0.use(id) }) else {
        return try await backend.commit(mutations, in: transaction)
      }
      defer { open.withLock { $0.leave(id, now: .now) } }
      return try await commit(mutations, running)
    }
  }

  /// Commits mutations that belong to no running transaction.
  private func commit(_ mutations: [Mutation], within limit: Duration) async throws -> CommitReply {
    let owner = locks.makeOwner()
    try await lock(Self.locks(of: mutations), owner, within: limit)
    defer { locks.release(owner) }
    return try await backend.commit(mutations)
  }

  private func commit(
    _ mutations: [Mutation], _ transaction: LockingTransactions.Transaction
  ) async throws -> CommitReply {
    do {
      try await lock(
        Self.locks(of: mutations), transaction.owner, within: configuration.transactionLimit)
    } catch let error as DatastoreError {
      await end(transaction.id)
      throw error
    }
    // Also if it was rolled back while the commit waited.
    defer { locks.release(transaction.owner) }
    guard open.withLock({ $0.remove(transaction.id) }) != nil else { throw Self.unknown }
    return try await backend.commit(
      mutations, in: transaction.isChecked ? .running(transaction.id) : nil)
  }

  /// Ends a transaction and releases its locks.
  public func rollback(_ transaction: TransactionID) async throws {
    if !(await end(transaction)) { try await backend.rollback(transaction) }
  }

  /// Ends a transaction; returns whether it was open.
  @discardableResult
  private func end(_ id: TransactionID) async -> Bool {
    guard let transaction = open.withLock({ $0.remove(id) }) else { return false }
    locks.release(transaction.owner)
    if transaction.isChecked { try? await backend.rollback(id) }
    return true
  }

  /// Ends the transactions that nobody has used for long, because others wait for locks.
  ///
  /// The backend below forgets what they have read by itself.
  package func endIdle(now: ContinuousClock.Instant) {
    for transaction in open.withLock({ $0.removeIdle(now: now) }) {
      locks.release(transaction.owner)
    }
  }

  private static var unknown: DatastoreError {
    DatastoreError(
      .invalidArgument,
      """
      The datastore has no such transaction: it was committed, rolled back or aborted, or was idle \
      for too long. Begin a new one.
      """)
  }

  // MARK: Everything else

  /// Completes incomplete keys.
  public func allocateIDs(for keys: [Key]) async throws -> [Key] {
    try await backend.allocateIDs(for: keys)
  }

  /// Reserves IDs.
  public func reserveIDs(_ keys: [Key]) async throws { try await backend.reserveIDs(keys) }

  /// Ends the waits for locks, with `aborted`, and closes the backend below.
  public func close() async throws {
    locks.close()
    try await backend.close()
  }
}
