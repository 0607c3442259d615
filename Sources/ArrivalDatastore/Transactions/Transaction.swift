// SPDX-License-Identifier: Apache-2.0
public import Arrival
internal import DatastoreEngine

/// A transaction, through which the body of
/// ``Datastore/transaction(_:retry:readsOwnWrites:function:file:line:_:)`` reads and writes.
///
/// - **Reads** see one state of the datastore: that of the transaction's first read. So they do not
///   see the transaction's own writes, unless it was begun with `readsOwnWrites`. Concurrent `get`s
///   of a transaction share a lookup.
/// - **Writes** are held back and sent with the commit, awaited or not. The last one of each key
///   counts. The future of a write is done when the transaction has noted the write. The write is
///   durable when the transaction's own future is done. A write that is refused, for breaking a
///   limit for example, fails the whole transaction, whether its future is awaited or not.
///
/// After the closure has returned, all methods fail with `failedPrecondition`.
/// All methods may be called from any thread and task.
public final class Transaction: Sendable {
  /// The transaction in whose body the calling code runs.
  @TaskLocal static var current: Transaction?

  let core: DatastoreCore
  let mode: TransactionMode
  let session: TransactionSession
  let ticket: ContentionTicket?
  let writes = Lock(TransactionWrites())
  private let readsOwnWrites: Bool
  private let reads: ReadPipeline
  /// Reads with masks, which few transactions have.
  private let maskedReads = Lock<OptionedReads?>(nil)

  /// - Parameter ticket: The ticket of all attempts. `nil` for a read-only transaction.
  /// - Parameter readsOwnWrites: Whether `get` sees earlier writes of the transaction.
  init(
    _ core: DatastoreCore, _ mode: TransactionMode, _ ticket: ContentionTicket?,
    readsOwnWrites: Bool = false
  ) {
    self.readsOwnWrites = readsOwnWrites
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
  /// transaction. A callback may start another transaction. A callback added after the closure has
  /// returned never runs.
  public func afterCommit(_ body: @escaping @Sendable () async -> Void) {
    writes.withLock { $0.addCallback(body) }
  }

  /// Runs `body` when this attempt of the transaction has ended, with its outcome.
  ///
  /// It also runs if the closure throws, and before the transaction is retried after a conflict.
  /// The callbacks run one after another, in the order of the calls, after those of
  /// ``afterCommit(_:)``. If the outcome is an error whose code
  /// ``DatastoreError/Code/leavesWritesInDoubt``, the writes may have taken effect.
  public func afterCompletion(
    _ body: @escaping @Sendable (_ outcome: Result<Void, any Error>) async -> Void
  ) {
    writes.withLock { $0.addCompletion(body) }
  }

  /// Notes one mutation of any kind for the commit.
  ///
  /// - Returns: A future of the entity's key, as that of `put`. What is wrong with what is stored,
  ///   such as `alreadyExists`, fails the transaction's commit.
  @discardableResult
  public func write(_ mutation: Mutation, at site: SourceSite) -> Future<Key> {
    let bytes: Int
    var mutation = mutation
    let hooks = core.hookList()
    do {
      try requireWritable(mutation.key)
      mutation = try core.prepared(mutation, hooks)
      bytes = try Limits.check(mutation)
    } catch {
      return refuse(any: error, at: site)
    }
    // It has a key, because the check has accepted it.
    guard let key = mutation.key, let entity = mutation.entity, !key.isComplete else {
      do throws(DatastoreError) {
        try add(mutation, bytes: bytes, hooks)
        return Future(value: mutation.key!, at: site)
      } catch {
        // An earlier write of the key rules it out, or the transaction is over.
        return refuse(error, at: site)
      }
    }
    let future = core.identifiers.load(key, at: site).map(at: site) { [self, mutation] key in
      var complete = mutation
      complete.operation = mutation.operation.completed(Entity(key, entity.properties))
      try add(complete, bytes: bytes, hooks)
      return key
    }
    return waited(for: future, at: site)
  }

  private func add(
    _ mutation: Mutation, bytes: Int, _ hooks: HookList?
  ) throws(DatastoreError) {
    try writes.withLock { writes throws(DatastoreError) in
      try writes.add(mutation, bytes: bytes)
      if let hooks { writes.addHooks(hooks, after: mutation) }
    }
  }

  /// Notes an insert for the commit; returns its entity. `nil` if the transaction has written an
  /// entity of the key meanwhile.
  private func insertIfNew(_ entity: Entity) throws -> Entity? {
    try requireWritable(entity.key)
    let hooks = core.hookList()
    let insert = try core.prepared(.insert(entity), hooks)
    let bytes = try Limits.check(insert)
    let isNew = try writes.withLock { writes throws(DatastoreError) in
      guard try writes.addIfNew(insert, bytes: bytes) else { return false }
      if let hooks { writes.addHooks(hooks, after: insert) }
      return true
    }
    return isNew ? insert.entity?.unversioned : nil
  }

  private func requireWritable(_ key: Key?) throws(DatastoreError) {
    try requireOpen()
    guard mode.isReadOnly else { return }
    throw DatastoreError(
      .invalidArgument, "The transaction is read-only. Leave out the mode to write in it.",
      key: key)
  }

  /// A future that the commit waits for, or a failed one if it is too late.
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
  /// Reads an entity in the state of the transaction's beginning.
  ///
  /// - Returns: A future of the entity, `nil` if there is none. It fails as the datastore's `get`
  ///   does, and with `aborted` if the transaction had a conflict. The transaction is then retried,
  ///   whatever the closure does with the error.
  public func get(_ key: Key, at site: SourceSite) -> Future<Entity?> {
    get(key, seesOwnWrites: readsOwnWrites, at: site)
  }

  private func get(_ key: Key, seesOwnWrites: Bool, at site: SourceSite) -> Future<Entity?> {
    hooked(key, at: site) { read($0, seesOwnWrites: seesOwnWrites, at: site) }
  }

  /// Reads some properties of an entity in the state of the transaction's beginning.
  ///
  /// - Returns: As ``get(_:at:)``. It fails with `invalidArgument` for options that name another
  ///   state.
  public func get(_ key: Key, options: ReadOptions, at site: SourceSite) -> Future<Entity?> {
    do throws(DatastoreError) {
      try options.requireStateOfTransaction()
    } catch {
      return Future(error: error, at: site)
    }
    guard let paths = options.propertyMask else { return get(key, at: site) }
    return hooked(key, at: site) { key in
      let isWritten = readsOwnWrites && writes.withLock { $0.mutation(of: key) != nil }
      guard isWritten else { return masked.get(key, options, at: site) }
      return read(key, seesOwnWrites: true, at: site).map(at: site) { entity in
        entity.map(PropertyMask(paths).applied(to:))
      }
    }
  }

  private var masked: OptionedReads {
    maskedReads.withLock { reads in
      let made =
        reads
        ?? OptionedReads("transaction lookups with masks", core.configuration, core.executor) {
          [session] in try await session.lookup($0, options: $1)
        }
      reads = made
      return made
    }
  }

  /// The future of a get in the namespace of the calling code, with the hooks around it.
  private func hooked(
    _ key: Key, at site: SourceSite, _ read: (Key) -> Future<Entity?>
  ) -> Future<Entity?> {
    do throws(DatastoreError) {
      try requireOpen()
      let key = try core.scope()?.key(key) ?? key
      try Limits.check(lookup: key)
      guard let hooks = core.hookList() else { return read(key) }
      return hooks.get(key, at: site) { read(key) }
    } catch {
      return Future(error: error, at: site)
    }
  }

  private func read(
    _ key: Key, seesOwnWrites: Bool, at site: SourceSite
  ) -> Future<Entity?> {
    let written = seesOwnWrites ? writes.withLock { $0.mutation(of: key) } : nil
    guard let written else { return reads.get(key, at: site) }
    if !written.dependsOnStoredEntity {
      return Future(value: written.entity?.unversioned, at: site)
    }
    return reads.get(key, at: site).map(at: site) { stored in
      try MutationEffect.of(written, on: key, stored: stored, at: .now).entity
    }
  }

  /// Writes an entity with the commit, whether or not its key exists.
  ///
  /// - Returns: A future of the entity's key. An incomplete key gets its ID before the commit, in a
  ///   call of its own, so that the closure can use it. If the transaction is rolled back, the ID
  ///   stays unused. The
  ///   future and the transaction fail with `invalidArgument` for an entity that exceeds the
  ///   ``Limits``, and in a read-only transaction.
  @discardableResult
  public func put(_ entity: Entity, at site: SourceSite) -> Future<Key> {
    write(.upsert(entity), at: site)
  }

  /// Reads an entity, or inserts this one with the commit if there is none.
  ///
  /// Unlike `get`, it always sees the transaction's own writes, so that several calls with one key
  /// get one entity.
  ///
  /// - Returns: A future of the stored entity, or of the new one, which has no version yet. It
  ///   fails as those of `get` and `insert` do, and the transaction with it.
  public func getOrInsert(_ entity: Entity, at site: SourceSite) -> Future<Entity> {
    let future = Future("get or insert", on: core.executor, at: site) { [self] in
      let key = try entity.requireCompleteKey()
      while true {
        if let found = try await get(key, seesOwnWrites: true, at: site).value { return found }
        if let new = try insertIfNew(entity) { return new }
      }
    }
    _ = waited(for: future.map(at: site) { $0.key ?? Key(incomplete: "") }, at: site)
    return future
  }

  /// Removes the entity of a key with the commit, if there is one.
  ///
  /// - Returns: A future that is done at once. It fails as `put` does.
  @discardableResult
  public func delete(_ key: Key, at site: SourceSite) -> Future<Void> {
    let noted = write(.delete(key), at: site).map(at: site) { _ in }
    // If it is refused, the transaction fails with the same error.
    noted.onCompletion { _ in }
    return noted
  }

  /// Fails a write that could not be made, and the transaction with it.
  public func refuse(_ error: DatastoreError, at site: SourceSite) -> Future<Key> {
    refuse(any: error, at: site)
  }

  private func refuse(any error: any Error, at site: SourceSite) -> Future<Key> {
    // The commit throws the same error, so it is reported there.
    waited(for: Future(error: error, at: site), at: site)
  }

  /// The results of a query in the state that the transaction sees.
  ///
  /// Its results count as reads: if an entity that fulfils the query is added, changed or deleted
  /// before the commit, the transaction is retried.
  public func query<Element>(
    _ query: Query<Element>, pageSize: Int
  ) -> QueryResults<Element> {
    QueryResults(source: self, query: query.scoped(core), pageSize: max(1, pageSize))
  }

  /// The results of a query in the state that the transaction sees, with some of their properties.
  ///
  /// Its futures fail with `invalidArgument` for options that name another state.
  public func query<Element>(
    _ query: Query<Element>, options: ReadOptions, pageSize: Int
  ) -> QueryResults<Element> {
    QueryResults(
      source: TransactionSource(transaction: self, options: options), query: query.scoped(core),
      pageSize: max(1, pageSize))
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

  func explain(_ request: QueryRequest, _ options: ExplainOptions) async throws -> QueryReply {
    // A plan alone reads no entities, and need not begin the transaction.
    guard options.analyze else { return try await core.explain(request, options) }
    return try await session.query(request, options: ReadOptions(explainOptions: options))
  }

  func explain(
    _ request: AggregationRequest, _ options: ExplainOptions
  ) async throws -> AggregationReply {
    guard options.analyze else { return try await core.explain(request, options) }
    return try await session.aggregate(request, options: ReadOptions(explainOptions: options))
  }

  func reply(to request: AggregationRequest) async throws -> AggregationReply {
    try await session.aggregate(request)
  }
}
