// SPDX-License-Identifier: Apache-2.0
internal import DatastoreEngine
public import DatastoreModel
private import Synchronization

/// A datastore in memory, for tests and examples: nothing is installed, and nothing is kept.
///
/// ```swift
/// let datastore = Datastore(backend: InMemoryBackend())
/// ```
///
/// It keeps the whole contract of `DatastoreBackend`, including transactions and cursors.
/// - Each call sees one state of all entities. Commits take effect one after another.
/// - A transaction reads the state of its beginning. Its commit fails with `aborted` if another
///   commit has changed what it read. The first commit wins, so of several one always commits.
/// - Reads at an earlier time find the states of the last hour, or of the last 50,000 to 100,000
///   changes.
/// - Nothing depends on chance. The same calls in the same order give the same replies, and the
///   same IDs, which are scattered as those of other backends. Another seed gives other IDs. Only
///   versions and times come from the clock.
///
/// A query looks at every entity, and the first commit after a transaction has begun copies their
/// table. So it serves thousands of entities well, and millions badly. All methods may be called
/// from any task, and none suspends. After ``close()`` they fail with `failedPrecondition`.
public final class InMemoryBackend: DatastoreBackend {
  fileprivate struct State {
    var store = EntityStore()
    var transactions: [TransactionID: OpenTransaction] = [:]
    var lastTransaction: UInt64 = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let databases = Mutex<[String: InMemoryBackend]>([:])
  private let seed: UInt64
  /// The name of the database. Empty for the default one.
  private let name: String
  private let clock: @Sendable () -> Timestamp

  /// Makes an empty datastore.
  ///
  /// - Parameters:
  ///   - seed: Where the sequence of IDs begins. Two datastores with one seed give out the same
  ///     IDs, so that a test can expect them. Give a random seed to a datastore whose entities are
  ///     copied to another one.
  ///   - clock: The time of commits. Default: the system's. A time that is not later than that of
  ///     the commit before is moved past it.
  public convenience init(
    seed: UInt64 = 0, clock: @escaping @Sendable () -> Timestamp = { .now }
  ) {
    self.init(seed: seed, clock: clock, name: "")
  }

  private init(seed: UInt64, clock: @escaping @Sendable () -> Timestamp, name: String) {
    self.name = name
    self.seed = seed
    self.clock = clock
    state.withLock { $0.store = EntityStore(seed: seed) }
  }

  /// A database of its own, apart from this one. Equal names give the same one.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` for a name of other characters than a-z, 0-9
  ///   and `-`, or over 63 of them.
  public func database(_ name: String) throws(DatastoreError) -> InMemoryBackend {
    try RequestRules.check(database: name)
    if name.isEmpty { return self }
    return databases.withLock { databases in
      let database =
        databases[name] ?? InMemoryBackend(seed: seed, clock: clock, name: name)
      databases[name] = database
      return database
    }
  }

  /// The names of the databases that have entities, in order. The default one is empty.
  ///
  /// - Throws: `DatastoreError` with `failedPrecondition` after ``close()``.
  public func databaseNames() throws(DatastoreError) -> [String] {
    var names = try withState { $0.store.count } > 0 ? [""] : []
    let named = databases.withLock { $0 }
    for (name, database) in named where try database.withState({ $0.store.count }) > 0 {
      names.append(name)
    }
    return names.sorted()
  }

  /// Completes up to 500 incomplete keys with IDs that no other key gets.
  public func allocateIDs(for keys: [Key]) async throws -> [Key] {
    try RequestRules.check(allocation: keys)
    return try withState { state in keys.map { state.store.completed($0) } }
  }

  /// Keeps these keys' IDs from being given to incomplete keys.
  public func reserveIDs(_ keys: [Key]) async throws {
    try RequestRules.check(reservation: keys)
    try withState { $0.store.reserved.formUnion(keys) }
  }

  /// Forgets everything, also its named databases. Closing again does nothing.
  public func close() async throws {
    state.withLock { $0 = State(isClosed: true) }
    for database in databases.withLock({ $0.values.map { $0 } }) { try await database.close() }
  }

  /// Runs `body` on the state, alone.
  private func withState<T: Sendable>(
    _ body: (inout State) throws(DatastoreError) -> T
  ) throws(DatastoreError) -> T {
    try state.withLock { state throws(DatastoreError) in
      if state.isClosed {
        throw DatastoreError.closed(
          "The datastore in memory was closed before this call. Make another InMemoryBackend.")
      }
      return try body(&state)
    }
  }
}

extension InMemoryBackend {
  /// Reads up to 1,000 entities; defers none.
  public func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
    try RequestRules.check(lookup: keys)
    try options.checkMask()
    return try read(.lookup(keys), options) { store, begun in
      var reply = LookupReply(
        found: store.entities(of: keys), transaction: begun, readTime: store.lastCommit)
      reply.snapshotVersion = store.version
      reply.mask(options.propertyMask)
      return reply
    }
  }

  /// Finds entities: up to 1,000, or about 4 MiB of them.
  public func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
    let query = try NormalizedQuery(request)
    try options.checkMask(for: request)
    return try read(.query(query), options) { store, begun in
      let (metrics, runs) = ScanExplanation.of(query, options.explainOptions)
      guard runs else { return ScanExplanation.reply(to: query, metrics, begun, store.lastCommit) }
      let clock = ContinuousClock()
      let start = clock.now
      var reply = try store.reply(to: query)
      reply.transaction = begun
      reply.readTime = store.lastCommit
      reply.snapshotVersion = store.version
      reply.explainMetrics = metrics.map {
        $0.analyzed(results: reply.items.count, scanned: store.count, in: clock.now - start)
      }
      reply.mask(options.propertyMask)
      return reply
    }
  }

  /// Computes over a query's results.
  public func aggregate(
    _ request: AggregationRequest, options: ReadOptions
  ) async throws -> AggregationReply {
    let query = try NormalizedQuery(request)
    return try read(.aggregation(query), options) { store, begun in
      let (metrics, runs) = ScanExplanation.of(query, options.explainOptions)
      guard runs else {
        return AggregationReply(
          values: [], transaction: begun, readTime: store.lastCommit, explainMetrics: metrics)
      }
      let clock = ContinuousClock()
      let start = clock.now
      var reply = try store.reply(to: query, request.aggregations)
      reply.transaction = begun
      reply.readTime = store.lastCommit
      reply.explainMetrics = metrics.map {
        $0.analyzed(results: 1, scanned: store.count, in: clock.now - start)
      }
      return reply
    }
  }

  /// Begins a transaction on the present state, or on that of an earlier time.
  public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
    let now = clock()
    return try withState { state throws(DatastoreError) in
      try state.begin(mode, now: now, in: name)
    }
  }

  /// Writes up to 500 mutations, all or none, if all that the transaction has read still is as it
  /// was.
  public func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector?
  ) async throws -> CommitReply {
    let now = clock()
    return try withState { state throws(DatastoreError) in
      if let transaction { try state.check(transaction) }
      return try state.store.commit(mutations, now: now)
    }
  }

  /// Gives a transaction up; one that is over is left as it is.
  public func rollback(_ transaction: TransactionID) async throws {
    _ = state.withLock { $0.transactions.removeValue(forKey: transaction) }
  }

  /// Reads the state that the options name. A transaction notes the read for the check at its
  /// commit.
  private func read<Reply>(
    _ read: EntityStore.Read, _ options: ReadOptions,
    _ body: (EntityStore, _ begun: TransactionID?) throws -> Reply
  ) throws -> Reply {
    let now = clock()
    let (store, begun) = try withState {
      state throws(DatastoreError) -> (EntityStore, TransactionID?) in
      switch options.consistency {
      case .strong, .eventual: return (state.store, nil)
      case .readTime(let time): return (try state.store.state(at: time, now: now), nil)
      case .transaction(.running(let id)):
        let open = try OpenTransaction.known(state.transactions[id])
        if !open.mode.isReadOnly { state.transactions[id]?.reads.append(read) }
        return (open.snapshot, nil)
      case .transaction(.begin(let mode)):
        let id = try state.begin(mode, now: now, in: name)
        if !mode.isReadOnly { state.transactions[id]?.reads.append(read) }
        return (try OpenTransaction.known(state.transactions[id]).snapshot, id)
      }
    }
    do {
      return try body(store, begun)
    } catch {
      if let begun { _ = state.withLock { $0.transactions.removeValue(forKey: begun) } }
      throw error
    }
  }

}

/// A transaction between its beginning and its end.
private struct OpenTransaction {
  let mode: TransactionMode
  /// The state of its beginning, which all its reads see.
  let snapshot: EntityStore
  /// What it has read, for the check at its commit.
  var reads: [EntityStore.Read] = []

  static func known(_ transaction: OpenTransaction?) throws(DatastoreError) -> OpenTransaction {
    if let transaction { return transaction }
    throw DatastoreError(
      .invalidArgument,
      "The transaction is over, unknown, or of another database. Begin another one.")
  }
}

extension InMemoryBackend.State {
  /// Ends a transaction with its commit, which is refused if it must not write.
  fileprivate mutating func check(_ transaction: TransactionSelector) throws(DatastoreError) {
    let mode: TransactionMode
    var ended: OpenTransaction?
    switch transaction {
    case .begin(let new): mode = new
    case .running(let id):
      let open = try OpenTransaction.known(transactions.removeValue(forKey: id))
      (mode, ended) = (open.mode, open)
    }
    if mode.isReadOnly {
      throw DatastoreError(
        .invalidArgument, "The transaction is read-only and cannot be committed. Roll it back.")
    }
    guard let ended else { return }
    for read in ended.reads where try store.versions(read) != ended.snapshot.versions(read) {
      throw DatastoreError(
        .aborted, "Another commit changed what this transaction read. Run it again.")
    }
  }

  fileprivate mutating func begin(
    _ mode: TransactionMode, now: Timestamp, in database: String
  ) throws(DatastoreError) -> TransactionID {
    var snapshot = store
    if case .readOnly(let time?) = mode { snapshot = try store.state(at: time, now: now) }
    lastTransaction += 1
    let id = TransactionID(
      bytes: withUnsafeBytes(of: lastTransaction.bigEndian) { Array($0) } + database.utf8)
    transactions[id] = OpenTransaction(mode: mode, snapshot: snapshot)
    return id
  }
}
