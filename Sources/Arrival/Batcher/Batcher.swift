// SPDX-License-Identifier: Apache-2.0
// This folder has what users of a batcher see. Below it, in `Internal`:
// - `Batches`: what a load passes before it joins a batch, and the keys and futures of a batch.
// - `Machine`: decides which batch a key joins and when each batch leaves. Pure, in structs.
// - `Origins`: where keys come from.
// - `Effects`: the lock, timers, quiescence, probes and operations around the machine.

/// Turns many `load(key)` calls into few calls of one operation that answers many keys.
///
/// ```swift
/// let users = Batcher<Int, User>("users") { (ids: [Int]) in try await api.users(ids) }
/// let ann: Future<User> = users.load(7)          // returns at once
/// let bob: Future<User> = users.load(8)          // goes out in the same call
/// print(try await ann.value, try await bob.value)
/// ```
///
/// <doc:BatchingCalls> shows how to use it for reads, writes, and in each request of a server.
///
/// ### When a batch leaves
/// 1. It is *full*: it has `maxBatchSize` keys or `maxBatchWeight`. It leaves at once.
/// 2. One of the executors that its keys come from is *quiescent*: no code that is ready there
///    could add to the batch. That holds for tasklets, and also for plain tasks and actors, where a
///    probe passes twice through the jobs that are ready. It needs no timer.
/// 3. A thread outside the executors *blocks* for one of the batch's futures, and so cannot add to
///    it.
/// 4. `maxDelay` has passed since its first key, and the batch is not being filled. This is the
///    last resort, for plain threads that do not block, and beside a job that keeps its executor
///    busy.
/// 5. `flush()` is called.
///
/// With `maxConcurrentBatches` set, a batch that should leave waits for its turn and grows
/// meanwhile (group commit).
///
/// ### What each future guarantees
/// It completes exactly once: with its value, its own error, the error that the operation threw, or
/// by being cancelled. A key that the reply leaves out fails with ``MissingReply``; if values are
/// optional and the operation answers by key, it is `nil`. A reply with a wrong number of values
/// fails all keys.
///
/// Cancelling one future affects no other. A key is not sent if all its futures were cancelled
/// before its batch left. An operation is cancelled when all its futures were cancelled.
///
/// Equal keys in one batch are sent once. Each `load` has its own future all the same.
public final class Batcher<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// Everything that does not depend on the types of keys and values.
  @usableFromInline let core: BatcherCore
  /// What a load has to pass before it joins a batch; `nil` if that is nothing.
  @usableFromInline let admission: AdmissionControl<Key, Value>?

  /// Shown in errors, descriptions and events.
  public var name: String { core.name }

  /// A batcher for an operation that answers by key: `WHERE id IN (…)`.
  ///
  /// A key that is missing from the reply fails with ``MissingReply``; if values are optional, it
  /// is `nil`.
  ///
  /// - Parameters:
  ///   - name: shown in errors, descriptions and events.
  ///   - configuration: when batches leave, and how large they get.
  ///   - executor: where the operation runs; `nil`: on an executor of the tasklets that load, the
  ///     first to become idle, or on the shared one. For a plain task it may begin on a thread of
  ///     Swift's global pool; one thread at a time is used for that.
  ///   - weight: the weight of a key, for `maxBatchWeight`; zero or more. Called once for each
  ///     load, on the calling thread.
  ///   - conflicts: which elements must not be in one batch and have to keep their order.
  ///   - cache: which futures are kept, of keys that are loaded without a lane.
  ///   - retry: which failed calls are retried, and when. `nil`: none.
  ///   - isTooLarge: whether an error means that a call had too many keys, or keys that are too
  ///     large. The call is then made again in two halves, so that a key which is too large by
  ///     itself fails alone.
  ///   - function: the function that makes the batcher. Omit it.
  ///   - file: its file. Omit it.
  ///   - line: its line. Omit it.
  ///   - operation: makes the call for one batch. It runs as a tasklet and may load from this and
  ///     other batchers. An error that it throws fails its keys. It inherits no caller's task-local
  ///     values, and must not own its batcher: see <doc:BatchingCalls>.
  @inlinable
  public convenience init(
    _ name: String = "batcher", configuration: BatcherConfiguration = .default,
    on executor: TaskletExecutor? = nil, weight: (@Sendable (Key) -> Int)? = nil,
    conflicts: BatcherConflicts<Key>? = nil, cache: CachePolicy<Key, Value> = .none,
    retry: RetryPolicy? = nil, isTooLarge: (@Sendable (any Error) -> Bool)? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    operation: @escaping @Sendable ([Key]) async throws -> [Key: Value]
  ) {
    let missing = valueOfMissingKey(Value.self)
    self.init(
      name, SourceSite(function: function, file: file, line: line), configuration, executor,
      weight, conflicts, cache, retry, isTooLarge, Batch<Key, Value>.make
    ) { core, keys in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let values = try await operation(batch.keys(at: keys))
      return { _ in
        batch.complete(with: values, missing: missing, keys)
        return []
      }
    }
  }

  /// A batcher for an operation that answers by position: Redis `MGET`.
  ///
  /// The operation returns one value for each key, in the order of the keys. Another number of
  /// values fails all keys with ``MissingReply``. For the parameters see
  /// ``init(_:configuration:on:weight:conflicts:cache:retry:isTooLarge:function:file:line:operation:)-(_,_,_,_,_,_,_,_,_,_,_,([Key])->[Key:Value])``.
  @inlinable
  public convenience init(
    _ name: String = "batcher", configuration: BatcherConfiguration = .default,
    on executor: TaskletExecutor? = nil, weight: (@Sendable (Key) -> Int)? = nil,
    conflicts: BatcherConflicts<Key>? = nil, cache: CachePolicy<Key, Value> = .none,
    retry: RetryPolicy? = nil, isTooLarge: (@Sendable (any Error) -> Bool)? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    operation: @escaping @Sendable ([Key]) async throws -> [Value]
  ) {
    self.init(
      name, SourceSite(function: function, file: file, line: line), configuration, executor,
      weight, conflicts, cache, retry, isTooLarge, Batch<Key, Value>.make
    ) { core, keys in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let values = try await operation(batch.keys(at: keys))
      return { _ in
        batch.complete(with: values, keys)
        return []
      }
    }
  }

  /// A batcher for an operation that answers by position, where each key may fail by itself.
  ///
  /// The operation returns one result for each key, in the order of the keys. Another number of
  /// results fails all keys with ``MissingReply``. Keys that fail for a transient reason are called
  /// for again if `retry` says so. For the parameters see
  /// ``init(_:configuration:on:weight:conflicts:cache:retry:isTooLarge:function:file:line:operation:)-(_,_,_,_,_,_,_,_,_,_,_,([Key])->[Key:Value])``.
  @inlinable
  public convenience init(
    _ name: String = "batcher", configuration: BatcherConfiguration = .default,
    on executor: TaskletExecutor? = nil, weight: (@Sendable (Key) -> Int)? = nil,
    conflicts: BatcherConflicts<Key>? = nil, cache: CachePolicy<Key, Value> = .none,
    retry: RetryPolicy? = nil, isTooLarge: (@Sendable (any Error) -> Bool)? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line,
    operation: @escaping @Sendable ([Key]) async throws -> [Result<Value, any Error>]
  ) {
    self.init(
      name, SourceSite(function: function, file: file, line: line), configuration, executor,
      weight, conflicts, cache, retry, isTooLarge, Batch<Key, Value>.make
    ) { core, keys in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let results = try await operation(batch.keys(at: keys))
      return { judge in batch.complete(with: results, keys, judge: judge) }
    }
  }

  @usableFromInline
  init(
    _ name: String, _ site: SourceSite, _ configuration: BatcherConfiguration,
    _ executor: TaskletExecutor?, _ weight: (@Sendable (Key) -> Int)?,
    _ conflicts: BatcherConflicts<Key>?,
    _ cache: CachePolicy<Key, Value>, _ retry: RetryPolicy?,
    _ isTooLarge: (@Sendable (any Error) -> Bool)?, _ makeBatch: @escaping BatcherCore.MakeBatch,
    _ operation: @escaping BatcherCore.Operation
  ) {
    precondition(
      configuration.maxBatchWeight == nil || weight != nil,
      "maxBatchWeight needs a weight function: Batcher(…, weight: { $0.bytes })")
    precondition(
      conflicts == nil || !configuration.deduplicates,
      "conflicts are for writes, and each of several equal writes counts: set deduplicates to false"
    )
    let table = conflicts?.makeTable()
    core = BatcherCore(
      name, site, configuration, executor,
      FailurePolicy(retry, isTooLarge, isolates: configuration.isolatesFailures), table, makeBatch,
      operation)
    admission = AdmissionControl(
      weight: configuration.maxBatchWeight == nil ? nil : weight, conflicts: table,
      cache: cache.make(core), backing: cache.backing.map { [core] in Backing($0, core) })
  }

  /// The operation and the batches of another batcher, with a cache of its own.
  private init(sharing other: Batcher, _ cache: CachePolicy<Key, Value>) {
    core = other.core
    admission = AdmissionControl(
      weight: other.admission?.weight, conflicts: other.admission?.conflicts,
      cache: cache.make(core),
      backing: cache.backing.map { [core] in Backing($0, core) } ?? other.admission?.backing)
  }

  /// A batcher that shares the operation and the batches of this one but has its own cache, for one
  /// request or one transaction.
  ///
  /// ```swift
  /// let users = app.users.scoped(cache: .lru(1_000))   // forgotten with the request
  /// ```
  ///
  /// An asynchronous cache behind this batcher is also behind the new one, unless `cache` brings
  /// its own. Loads that ask different asynchronous caches never share a batch.
  public func scoped(cache: CachePolicy<Key, Value>) -> Batcher { Batcher(sharing: self, cache) }

  // MARK: Flushing

  /// Sends what is queued, and does not wait.
  package func sendQueued() { _ = core.flush() }

  /// Sends what is queued, and blocks until everything has ended that was queued or under way.
  ///
  /// Also waits for what the operations under way load from this batcher, and for nothing else that
  /// is loaded meanwhile. Inside the operation, does not wait for the operation's own call. Does
  /// not throw the errors of the loads.
  ///
  /// If what it waits for cannot end before the calling tasklet does, that tasklet fails with
  /// ``DeadlockError``, or its keys if it is an operation. The flush itself goes on.
  public func flush() { core.flush().wait() }

  /// Sends what is queued, and suspends until everything has ended that was queued or under way.
  ///
  /// Also waits for what the operations under way load from this batcher, and for nothing else that
  /// is loaded meanwhile. Inside the operation, does not wait for the operation's own call. Does
  /// not throw the errors of the loads.
  ///
  /// If what it waits for cannot end before the calling tasklet does, that tasklet fails with
  /// ``DeadlockError``, or its keys if it is an operation. The flush itself goes on.
  public nonisolated(nonsending) func flush() async { await core.flush().wait() }

  // MARK: Statistics

  /// What the batcher has done so far, and what is queued and under way now.
  public func statistics() -> BatcherStatistics { core.statistics }
}
