public import Arrival
internal import DatastoreEngine

/// What the code inside ``Datastore/transaction(_:retry:function:file:line:_:)`` reads and writes
/// through.
///
/// - **Reads** see one state of the datastore: that of the transaction's first read. So they do not
///   see what the transaction itself has put or deleted. `get`s of one moment share a lookup with
///   others of the same transaction.
/// - **Writes** are held back and sent with the commit, awaited or not. The last one of each key
///   counts. The future of a write is done when the transaction has noted the write. The write is
///   durable when the transaction's own future is done. A write that is refused, for breaking a
///   limit for example, fails the whole transaction, whether its future is awaited or not.
///
/// After the closure has returned, all methods fail with `failedPrecondition`.
/// All methods may be called from any thread and task.
public final class Transaction: Sendable {
  /// The transaction whose body the calling code belongs to.
  @TaskLocal static var current: Transaction?

  let core: DatastoreCore
  let mode: TransactionMode
  let session: TransactionSession
  let ticket: ContentionTicket?
  let writes = Lock(TransactionWrites())
  private let reads: ReadPipeline

  /// - Parameter ticket: That of all its attempts; `nil` for a transaction that only reads.
  init(_ core: DatastoreCore, _ mode: TransactionMode, _ ticket: ContentionTicket?) {
    self.core = core
    self.mode = mode
    self.ticket = ticket
    let session = TransactionSession(core.backend, mode, core.counters, ticket)
    self.session = session
    reads = ReadPipeline("transaction lookups", core.configuration, core.executor) {
      try await session.lookup($0)
    }
  }

  var isOpen: Bool { writes.withLock { $0.isOpen } }

  /// Runs `body` after the commit, and only then: not if it fails or the closure throws.
  ///
  /// The callbacks of an attempt run one after another, in the order of the calls, before the
  /// transaction's future is done. The entities are durable by then, so a callback cannot fail the
  /// transaction. A callback may start another transaction. One that is given after the closure has
  /// returned never runs.
  public func afterCommit(_ body: @escaping @Sendable () async -> Void) {
    writes.withLock { $0.addCallback(body) }
  }

  private func write(_ mutation: Mutation, at site: SourceSite) -> Future<Key> {
    let bytes: Int
    do throws(DatastoreError) {
      try requireOpen()
      if mode.isReadOnly {
        throw DatastoreError(
          .invalidArgument, "The transaction is read-only. Leave out the mode to write in it.",
          key: mutation.key)
      }
      bytes = try Limits.check(mutation)
    } catch {
      return refuse(error, at: site)
    }
    // It has a key, or the check would have refused it.
    guard let key = mutation.key, let entity = mutation.entity, !key.isComplete else {
      do throws(DatastoreError) {
        try add(mutation, bytes: bytes)
        return Future(value: mutation.key!, at: site)
      } catch {
        return Future(error: error, at: site)
      }
    }
    let future = core.identifiers.load(key, at: site).map(at: site) { [self] key in
      try add(.upsert(Entity(key, entity.properties)), bytes: bytes)
      return key
    }
    return waited(for: future, at: site)
  }

  private func add(_ mutation: Mutation, bytes: Int) throws(DatastoreError) {
    try writes.withLock { writes throws(DatastoreError) in try writes.add(mutation, bytes: bytes) }
  }

  /// A future that the commit waits for; the refusal, if it is too late for that.
  private func waited(for future: Future<Key>, at site: SourceSite) -> Future<Key> {
    do throws(DatastoreError) {
      try writes.withLock { writes throws(DatastoreError) in try writes.wait(for: future) }
      return future
    } catch {
      future.cancel()
      return Future(error: error, at: site)
    }
  }

  func requireOpen() throws(DatastoreError) {
    if !isOpen { throw TransactionSession.over }
  }
}

extension Transaction: EntityStore {
  /// Reads an entity as it was when the transaction began.
  ///
  /// - Returns: A future of the entity, `nil` if there is none. It fails as the datastore's `get`
  ///   does, and with `aborted` if the transaction has met another. The transaction is then tried
  ///   again, whatever the closure makes of the error.
  public func get(_ key: Key, at site: SourceSite) -> Future<Entity?> {
    do throws(DatastoreError) {
      try requireOpen()
      try Limits.check(lookup: key)
    } catch {
      return Future(error: error, at: site)
    }
    return reads.get(key, at: site)
  }

  /// Writes an entity with the commit, whether or not there is one of its key.
  ///
  /// - Returns: A future of the entity's key. An incomplete one gets its ID at once, so that it may
  ///   be used inside the transaction; if that is rolled back the ID stays unused. It fails with
  ///   `invalidArgument` for an entity beyond the ``Limits`` and in a read-only transaction, and
  ///   the transaction with it.
  @discardableResult
  public func put(_ entity: Entity, at site: SourceSite) -> Future<Key> {
    write(.upsert(entity), at: site)
  }

  /// Removes the entity of a key with the commit, if there is one.
  ///
  /// - Returns: A future that is done at once. It fails as `put` does.
  @discardableResult
  public func delete(_ key: Key, at site: SourceSite) -> Future<Void> {
    let noted = write(.delete(key), at: site).map(at: site) { _ in }
    // If it was refused, the transaction fails with the same error.
    noted.onCompletion { _ in }
    return noted
  }

  /// Fails a write that could not be made, and the transaction with it.
  public func refuse(_ error: DatastoreError, at site: SourceSite) -> Future<Key> {
    // The commit throws the error on, so it does not go unseen.
    waited(for: Future(error: error, at: site), at: site)
  }

  /// The results of a query in the state that the transaction sees.
  ///
  /// What it finds counts as read: if an entity that fulfils the query comes, changes or goes
  /// before the commit, the transaction is tried again.
  public func query<Element>(
    _ query: Query<Element>, pageSize: Int
  ) -> QueryResults<Element> {
    QueryResults(source: self, query: query, pageSize: max(1, pageSize))
  }
}

extension Transaction: QuerySource {
  var executor: TaskletExecutor? { core.executor }

  func enter() throws(DatastoreError) -> InFlightCalls.Entry? {
    try requireOpen()
    return nil
  }

  func reply(to request: QueryRequest) async throws -> QueryReply {
    try await session.query(request)
  }

  func reply(to request: AggregationRequest) async throws -> AggregationReply {
    try await session.aggregate(request)
  }
}
