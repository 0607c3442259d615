// SPDX-License-Identifier: Apache-2.0
public import Arrival

/// Entities in a backend, read and written through futures: many calls, few RPCs.
///
/// ```swift
/// let datastore = Datastore(backend: backend)
/// let keys = try await Future.all(users.map { datastore.put($0) }).value   // one commit per 500
/// let ann = try await datastore.get(keys[0]).value                         // an Entity?
/// ```
///
/// Every method returns a `Future` at once. Calls made together share requests: one lookup for up
/// to 1,000 keys, one commit for up to 500 mutations. While a commit is under way, the next one
/// grows.
///
/// ### Guarantees
/// - A future of `put` or `delete` is done when the backend has made the change durable.
/// - Two changes of one key happen in the order of their calls, in separate commits. Other keys do
///   not wait for that.
/// - A `get` sees a change of the same key if the change's future was done before `get` was called.
///   Otherwise it may see the entity before or after the change: await the `put` first if it
///   matters.
/// - A call that breaks a limit fails its own future, before anything is sent: see ``Limits``.
/// - If a commit fails, nothing was written, and all its futures fail with the same error. If the
///   code ``DatastoreError/Code/leavesWritesInDoubt``, a remote backend may have written all of it.
///
/// All methods may be called from any thread and task.
public final class Datastore: Sendable {
  /// The backend that serves the requests.
  public var backend: any DatastoreBackend { core.backend }

  let core: DatastoreCore
  let contention = ContentionCoordinator()
  private let reads: ReadPipeline
  private let readsWithOptions: OptionedReads
  private let writes: WritePipeline

  /// Makes a datastore on a backend.
  ///
  /// - Parameters:
  ///   - backend: The backend that serves the requests. ``close()`` closes it.
  ///   - configuration: How calls are combined into requests.
  ///   - hooks: What runs before and after each get, put and delete.
  ///   - executor: Where the requests run. `nil` for the executor of the tasklet that calls first.
  public init(
    backend: any DatastoreBackend, configuration: DatastoreConfiguration = .default,
    hooks: [any EntityHooks] = [], on executor: TaskletExecutor? = nil
  ) {
    let core = DatastoreCore(backend, configuration, executor, hooks)
    self.core = core
    reads = ReadPipeline("datastore lookups", configuration, executor) {
      [counters = core.counters] keys in
      let bytes = keys.reduce(0) { $0 + $1.storageSize }
      return try await counters.count(.lookup, items: keys.count, bytes: bytes) {
        try await backend.lookup(keys)
      }
    }
    readsWithOptions = OptionedReads(core)
    writes = WritePipeline(configuration, executor) {
      [counters = core.counters] mutations, bytes in
      try await counters.count(.commit, items: mutations.count, bytes: bytes) {
        try await backend.commit(mutations)
      }
    }
  }

  /// Reads an entity, past the memory of a context if `fresh` is `true`.
  ///
  /// Inside ``withContext(_:_:)``, an entity that was read or written before is answered from
  /// memory. With `fresh`, the backend reads it anyway.
  ///
  /// - Returns: A future of the entity, `nil` if there is none. It fails with ``DatastoreError``:
  ///   `invalidArgument` for an invalid key, or the error of the backend's lookup.
  public func get(
    _ key: Key, fresh: Bool, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Entity?> {
    get(key, fresh: fresh, at: SourceSite(function: function, file: file, line: line))
  }

  func get(_ key: Key, fresh: Bool, at site: SourceSite) -> Future<Entity?> {
    var key = key
    do throws(DatastoreError) {
      try core.requireOpen()
      if let scope = try core.scope() { key = try scope.key(key) }
      try Limits.check(lookup: key)
    } catch {
      return Future(error: error, at: site)
    }
    guard let hooks = core.hookList() else { return read(key, fresh: fresh, at: site) }
    return hooks.get(key, at: site) { read(key, fresh: fresh, at: site) }
  }

  private func read(_ key: Key, fresh: Bool, at site: SourceSite) -> Future<Entity?> {
    guard let context = RequestContext.of(core) else { return reads.get(key, at: site) }
    return context.get(key, fresh: fresh, at: site) { reads.get(key, at: site) }
  }

  /// Writes one mutation and returns all that the datastore says of it.
  ///
  /// ```swift
  /// let visit = Mutation.transform(page, [PropertyTransform("visits", .increment(1))])
  /// let visits = try await datastore.mutate(visit).value.transformResults[0]
  /// ```
  ///
  /// - Returns: A future of the result, done when the change is durable. It fails with
  ///   ``DatastoreError``: `alreadyExists` for an insert, `notFound` for an update,
  ///   `failedPrecondition` for a conflict with the strategy `fail`, `invalidArgument` for a
  ///   mutation that exceeds the ``Limits``, or the error of the backend's commit.
  @discardableResult
  public func mutate(
    _ mutation: Mutation, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<MutationResult> {
    let site = SourceSite(function: function, file: file, line: line)
    let outcome = WriteOutcome()
    return write(mutation, outcome, at: site).map(at: site) { key in
      outcome.result ?? MutationResult(key)
    }
  }

  /// Writes a mutation; `outcome` says what was written.
  func write(
    _ mutation: Mutation, _ outcome: WriteOutcome?, at site: SourceSite
  ) -> Future<Key> {
    do {
      try core.requireOpen()
      let hooks = core.hookList()
      let mutation = try core.prepared(mutation, hooks)
      let bytes = try Limits.check(mutation)
      // A context keeps the entity with its new version, and hooks hear of conflicts.
      let needsOutcome =
        RequestContext.of(core) != nil || hooks != nil && mutation.conflictDetection != nil
      let outcome = outcome ?? (needsOutcome ? WriteOutcome() : nil)
      outcome?.set(mutation)
      var future = writes.write(mutation, bytes: bytes, outcome, at: site)
      if let outcome {
        future = RequestContext.wrote(mutation, future, outcome, core, at: site) { [reads] in
          reads.get($0, at: site)
        }
      }
      guard let hooks else { return future }
      return future.always(at: site) { hooks.after(mutation, $0, outcome?.result) }
    } catch {
      return Future(error: error, at: site)
    }
  }

  /// The requests sent so far.
  public func statistics() -> DatastoreStatistics {
    var statistics = core.counters.statistics
    statistics.heldMutations = writes.heldCount
    return statistics
  }

  /// Finishes the calls that were made, then closes the backend. Later calls fail.
  ///
  /// Every call that returned a future is finished, with all requests that it needs. For the
  /// sequence of a query, only the current page is finished. The loop gets its results, and then
  /// fails with `failedPrecondition` if there are more. Do not call it inside a transaction: it
  /// would wait for the transaction's end.
  ///
  /// - Throws: The error of the backend's `close`. A second call does nothing.
  public func close() async throws {
    guard core.beginClosing() else { return }
    await drainPipelines()
    await core.drain()
    try await core.backend.close()
  }
}

extension Datastore {
  /// Sends what has been requested, and waits for it.
  func drainPipelines() async {
    await writes.drain()
    await reads.drain()
    await readsWithOptions.drain()
  }
}

extension DatastoreCore {
  /// A mutation in the namespace of the calling code, as the hooks leave it.
  func prepared(_ mutation: Mutation, _ hooks: HookList?) throws -> Mutation {
    let scope = try scope()
    var mutation = try scope?.mutation(mutation) ?? mutation
    guard let hooks else { return mutation }
    mutation = try hooks.before(mutation)
    // A hook may have written keys without a namespace.
    return try scope?.mutation(mutation) ?? mutation
  }
}

extension Datastore: EntityStore {
  /// Reads an entity; see ``EntityStore/get(_:function:file:line:)->Future<Entity?>``.
  ///
  /// Inside ``withContext(_:_:)``, an entity that was read or written before is answered from
  /// memory.
  public func get(_ key: Key, at site: SourceSite) -> Future<Entity?> {
    get(key, fresh: false, at: site)
  }

  /// Reads an entity as the options say.
  ///
  /// A context does not answer it. Calls with equal options share lookups.
  ///
  /// - Returns: As ``EntityStore/get(_:options:function:file:line:)``.
  public func get(_ key: Key, options: ReadOptions, at site: SourceSite) -> Future<Entity?> {
    do throws(DatastoreError) {
      try core.requireOpen()
      let key = try core.scope()?.key(key) ?? key
      try Limits.check(lookup: key)
      try options.requireNoTransaction()
      guard let hooks = core.hookList() else {
        return readsWithOptions.get(key, options, at: site)
      }
      return hooks.get(key, at: site) { readsWithOptions.get(key, options, at: site) }
    } catch {
      return Future(error: error, at: site)
    }
  }

  /// Writes an entity, whether or not its key exists.
  ///
  /// - Returns: A future of the entity's key, done when the entity is durable. An incomplete key
  ///   gets an ID from the backend. The future fails with ``DatastoreError``: `invalidArgument` for
  ///   an entity that exceeds the ``Limits``, or the error of the backend's commit.
  @discardableResult
  public func put(_ entity: Entity, at site: SourceSite) -> Future<Key> {
    write(.upsert(entity), nil, at: site)
  }

  /// Writes one mutation.
  ///
  /// - Returns: A future of the entity's key, done when the change is durable. It fails as that of
  ///   ``mutate(_:function:file:line:)``.
  @discardableResult
  public func write(_ mutation: Mutation, at site: SourceSite) -> Future<Key> {
    write(mutation, nil, at: site)
  }

  /// Removes the entity of a key, if there is one.
  ///
  /// - Returns: A future that is done when the removal is durable. It fails with
  ///   ``DatastoreError``: `invalidArgument` for an incomplete or invalid key, or the error of the
  ///   backend's commit.
  @discardableResult
  public func delete(_ key: Key, at site: SourceSite) -> Future<Void> {
    write(.delete(key), nil, at: site).map(at: site) { _ in }
  }

  /// A future that fails with the error of a write that could not be made. Nothing else is
  /// affected.
  public func refuse(_ error: DatastoreError, at site: SourceSite) -> Future<Key> {
    Future(error: error, at: site)
  }

  /// The results of a query.
  public func query<Element>(
    _ query: Query<Element>, pageSize: Int
  ) -> QueryResults<Element> {
    QueryResults(source: core, query: query.scoped(core), pageSize: max(1, pageSize))
  }

  /// The results of a query in the state that the options name, all pages in the same one.
  public func query<Element>(
    _ query: Query<Element>, options: ReadOptions, pageSize: Int
  ) -> QueryResults<Element> {
    QueryResults(
      source: OptionedSource(core: core, options: options), query: query.scoped(core),
      pageSize: max(1, pageSize))
  }
}
