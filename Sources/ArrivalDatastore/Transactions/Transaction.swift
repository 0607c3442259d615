public import Arrival

/// What the code inside ``Datastore/transaction(_:retry:function:file:line:_:)`` reads and writes
/// through.
///
/// - **Reads** see one state of the datastore, that of the transaction's first read; so they do not see
///   what the transaction itself has put or deleted. `get`s of one moment share a lookup, with those of the same
///   transaction alone.
/// - **Writes** are kept back and travel with the commit, awaited or not. The last one of a key counts.
///   The future of a write is done when the transaction has taken note of it, and not when it is
///   durable: that is the case when the transaction's own future is done. A write that is refused,
///   for a limit for instance, fails the whole transaction, whether its future is looked at or not.
///
/// When the closure has returned the object is of no use: its methods fail with `failedPrecondition`.
/// All methods may be called from any thread and task.
public final class Transaction: Sendable {
  /// The transaction whose body the calling code belongs to.
  @TaskLocal static var current: Transaction?

  let datastore: Datastore
  let mode: TransactionMode
  let session: TransactionSession
  let turn: TransactionTurn?
  let writes = Lock(TransactionWrites())
  private let reads: ReadPipeline

  /// - Parameter turn: That of all its attempts; `nil` for one that only reads.
  init(_ datastore: Datastore, _ mode: TransactionMode, _ turn: TransactionTurn?) {
    self.datastore = datastore
    self.mode = mode
    self.turn = turn
    let session = TransactionSession(datastore.backend, mode, datastore.counters, turn)
    self.session = session
    reads = ReadPipeline(
      "transaction lookups", datastore.configuration, datastore.executor
    ) { try await session.lookup($0) }
  }

  var isOpen: Bool { writes.withLock { $0.isOpen } }

  /// Reads an entity as it was when the transaction began.
  ///
  /// - Returns: A future of the entity, `nil` if there is none. It fails as
  ///   ``Datastore/get(_:fresh:function:file:line:)`` does, and with `aborted` if the transaction has met another: it is then tried again, whatever
  ///   the closure makes of that.
  public func get(
    _ key: Key, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Entity?> {
    do throws(DatastoreError) {
      try requireOpen()
      try Limits.check(lookup: key)
    } catch {
      return Future(error: error, function: function, file: file, line: line)
    }
    return reads.get(key, function, file, line)
  }

  /// Writes an entity with the commit, whether or not there is one of its key.
  ///
  /// - Returns: A future of the entity's key. An incomplete one gets its ID at once, so that it may be
  ///   used inside the transaction; if that is rolled back the ID stays unused. It fails with
  ///   `invalidArgument` for an entity beyond the ``Limits`` and in a read-only transaction, and the
  ///   transaction with it.
  @discardableResult
  public func put(
    _ entity: Entity, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Key> {
    write(.upsert(entity), function, file, line)
  }

  /// Removes the entity of a key with the commit, if there is one.
  ///
  /// - Returns: A future that is done at once. It fails as ``put(_:function:file:line:)-(Entity,_,_,_)``
  ///   does.
  @discardableResult
  public func delete(
    _ key: Key, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Void> {
    let noted = write(.delete(key), function, file, line)
      .map(function: function, file: file, line: line) { _ in }
    // If it was refused, the transaction fails with the same error.
    noted.onCompletion { _ in }
    return noted
  }

  /// The results of a query in the state that the transaction sees.
  ///
  /// What it finds counts as read: if an entity that fulfils the query comes, changes or goes before
  /// the commit, the transaction is tried again.
  public func query<Element>(
    _ query: Query<Element>, pageSize: Int = 200
  ) -> QueryResults<Element> {
    QueryResults(
      source: QuerySource(datastore: datastore, transaction: self), query: query,
      pageSize: max(1, pageSize))
  }

  /// Runs `body` after the commit, and only then: not if it fails or the closure throws.
  ///
  /// Those of one attempt run one after the other, in the order in which they were given, before the
  /// transaction's future is done. The entities are durable by then, so there is no way for a callback
  /// to fail it. It may start another transaction. Given after the closure has returned it never runs.
  public func afterCommit(_ body: @escaping @Sendable () async -> Void) {
    writes.withLock { $0.addCallback(body) }
  }

  private func write(
    _ mutation: Mutation, _ function: StaticString, _ file: StaticString, _ line: UInt
  ) -> Future<Key> {
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
      return refuse(error, function, file, line)
    }
    // It has a key, or the check would have refused it.
    guard let key = mutation.key, let entity = mutation.entity, !key.isComplete else {
      do throws(DatastoreError) {
        try add(mutation, bytes: bytes)
        return Future(value: mutation.key!, function: function, file: file, line: line)
      } catch {
        return Future(error: error, function: function, file: file, line: line)
      }
    }
    let future = datastore.identifiers.load(key, function: function, file: file, line: line)
      .map(function: function, file: file, line: line) { [self] key in
        try add(.upsert(Entity(key, entity.properties)), bytes: bytes)
        return key
      }
    return waited(for: future, function, file, line)
  }

  private func add(_ mutation: Mutation, bytes: Int) throws(DatastoreError) {
    try writes.withLock { writes throws(DatastoreError) in try writes.add(mutation, bytes: bytes) }
  }

  func refuse(
    _ error: DatastoreError, _ function: StaticString, _ file: StaticString, _ line: UInt
  ) -> Future<Key> {
    // The commit throws it on, so it is not one that nobody sees.
    waited(
      for: Future(error: error, function: function, file: file, line: line), function, file, line)
  }

  /// A future that the commit waits for; the refusal, if it is too late for that.
  private func waited(
    for future: Future<Key>, _ function: StaticString, _ file: StaticString, _ line: UInt
  ) -> Future<Key> {
    do throws(DatastoreError) {
      try writes.withLock { writes throws(DatastoreError) in try writes.wait(for: future) }
      return future
    } catch {
      future.cancel()
      return Future(error: error, function: function, file: file, line: line)
    }
  }

  func requireOpen() throws(DatastoreError) {
    if !isOpen { throw TransactionSession.over }
  }
}

extension Transaction {
  /// Reads an entity as a `Codable` value; see ``get(_:function:file:line:)``.
  public func get<T: Decodable & Sendable>(
    _ key: Key, as type: T.Type, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<T?> {
    get(key, function: function, file: file, line: line).map(
      function: function, file: file, line: line
    ) { entity in
      try entity.map { try EntityDecoder().decode(type, from: $0) }
    }
  }

  /// Writes a value under its own key; see ``put(_:function:file:line:)-(Entity,_,_,_)``.
  @discardableResult
  public func put(
    _ value: some DatastoreEntity, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    do throws(DatastoreError) {
      let entity = try EntityEncoder().encode(value)
      return put(entity, function: function, file: file, line: line)
    } catch {
      return refuse(error, function, file, line)
    }
  }

  /// Writes a value under a key beside it; see ``put(_:function:file:line:)-(Entity,_,_,_)``.
  @discardableResult
  public func put(
    _ value: some Encodable, key: Key, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Key> {
    do throws(DatastoreError) {
      let entity = try EntityEncoder().encode(value, key: key)
      return put(entity, function: function, file: file, line: line)
    } catch {
      return refuse(error, function, file, line)
    }
  }
}
