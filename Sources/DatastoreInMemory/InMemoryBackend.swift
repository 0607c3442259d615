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
/// - Nothing depends on chance or time. The same calls in the same order give the same replies,
///   and the same IDs, which are scattered as those of other backends.
///
/// A query looks at every entity, and the first commit after a transaction has begun copies their
/// table. So it serves thousands of entities well, and millions badly. All methods may be called
/// from any task, and none suspends. After ``close()`` they fail with `failedPrecondition`.
public final class InMemoryBackend: DatastoreBackend {
  private struct State {
    var store = EntityStore()
    var transactions: [TransactionID: OpenTransaction] = [:]
    var lastTransaction: UInt64 = 0
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Makes an empty datastore.
  public init() {}

  /// Reads up to 1,000 entities; defers none.
  public func lookup(_ keys: [Key]) async throws -> LookupReply {
    try RequestRules.check(lookup: keys)
    return LookupReply(found: try withState { $0.store }.entities(of: keys))
  }

  /// Writes up to 500 mutations, all or none.
  public func commit(_ mutations: [Mutation]) async throws -> CommitReply {
    try withState { state throws(DatastoreError) in
      CommitReply(keys: try state.store.commit(mutations))
    }
  }

  /// Finds entities: up to 1,000, or about 4 MiB of them.
  public func query(_ request: QueryRequest) async throws -> QueryReply {
    let scan = EntityScan(try NormalizedQuery(request))
    return try scan.reply(try withState { $0.store }.all)
  }

  /// Computes over a query's results.
  public func aggregate(_ request: AggregationRequest) async throws -> AggregationReply {
    let scan = EntityScan(try NormalizedQuery(request))
    return try scan.reply(request.aggregations, over: try withState { $0.store }.all)
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

  /// Forgets everything. Closing again does nothing.
  public func close() async throws { state.withLock { $0 = State(isClosed: true) } }

  /// Runs `body` on the state, alone.
  private func withState<T: Sendable>(
    _ body: (inout State) throws(DatastoreError) -> T
  ) throws(DatastoreError) -> T {
    try state.withLock { state throws(DatastoreError) in
      if state.isClosed {
        throw DatastoreError(
          .failedPrecondition,
          "The datastore in memory was closed before this call. Make another InMemoryBackend.")
      }
      return try body(&state)
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
}

extension InMemoryBackend {
  /// Begins a transaction on the present state; an earlier one is not kept.
  public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
    if case .readOnly(_?) = mode {
      throw DatastoreError(.invalidArgument, "Earlier states are not kept. Leave out the time.")
    }
    return try withState { state in
      state.lastTransaction += 1
      let id = TransactionID(
        bytes: withUnsafeBytes(of: state.lastTransaction.bigEndian) { Array($0) })
      state.transactions[id] = OpenTransaction(mode: mode, snapshot: state.store)
      return id
    }
  }

  /// Reads up to 1,000 entities inside a transaction.
  public func lookup(
    _ keys: [Key], in transaction: TransactionSelector
  ) async throws -> LookupReply {
    try RequestRules.check(lookup: keys)
    var (reply, begun) = try await read(.lookup(keys), in: transaction) {
      LookupReply(found: $0.entities(of: keys))
    }
    reply.transaction = begun
    return reply
  }

  /// Finds entities inside a transaction.
  public func query(
    _ request: QueryRequest, in transaction: TransactionSelector
  ) async throws -> QueryReply {
    let query = try NormalizedQuery(request)
    var (reply, begun) = try await read(.query(query), in: transaction) {
      try EntityScan(query).reply($0.all)
    }
    reply.transaction = begun
    return reply
  }

  /// Computes over a query's results inside a transaction.
  public func aggregate(
    _ request: AggregationRequest, in transaction: TransactionSelector
  ) async throws -> AggregationReply {
    let query = try NormalizedQuery(request)
    var (reply, begun) = try await read(.aggregation(query), in: transaction) {
      try EntityScan(query).reply(request.aggregations, over: $0.all)
    }
    reply.transaction = begun
    return reply
  }

  /// Commits a transaction if all it has read still is as it was.
  public func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector
  ) async throws -> CommitReply {
    try withState { state throws(DatastoreError) in
      let open =
        switch transaction {
        case .begin(let mode): OpenTransaction(mode: mode, snapshot: state.store)
        case .running(let id): try Self.known(state.transactions.removeValue(forKey: id))
        }
      if open.mode.isReadOnly {
        throw DatastoreError(
          .invalidArgument, "The transaction is read-only and cannot be committed. Roll it back.")
      }
      for read in open.reads where try state.store.versions(read) != open.snapshot.versions(read) {
        throw DatastoreError(
          .aborted, "Another commit changed what this transaction read. Run it again.")
      }
      return CommitReply(keys: try state.store.commit(mutations))
    }
  }

  /// Gives a transaction up; one that is over is left as it is.
  public func rollback(_ transaction: TransactionID) async throws {
    _ = state.withLock { $0.transactions.removeValue(forKey: transaction) }
  }

  /// Reads the state of a transaction's beginning, and notes the read for the check at the commit.
  ///
  /// - Returns: The reply, and the transaction's ID if it began with this read.
  private func read<Reply>(
    _ read: EntityStore.Read, in selector: TransactionSelector,
    _ body: (EntityStore) throws -> Reply
  ) async throws -> (Reply, TransactionID?) {
    switch selector {
    case .running(let id):
      let snapshot = try withState { state throws(DatastoreError) in
        let open = try Self.known(state.transactions[id])
        if !open.mode.isReadOnly { state.transactions[id]?.reads.append(read) }
        return open.snapshot
      }
      return (try body(snapshot), nil)
    case .begin(let mode):
      let id = try await beginTransaction(mode)
      do {
        return (try await self.read(read, in: .running(id), body).0, id)
      } catch {
        try await rollback(id)
        throw error
      }
    }
  }

  private static func known(
    _ transaction: OpenTransaction?
  ) throws(DatastoreError) -> OpenTransaction {
    if let transaction { return transaction }
    throw DatastoreError(.invalidArgument, "The transaction is unknown or over. Begin another one.")
  }
}
