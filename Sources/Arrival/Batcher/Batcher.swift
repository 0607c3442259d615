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
/// 1. It is *full*: it has `maxBatchSize` keys or `maxBatchWeight`; at once.
/// 2. The executor of the code that loads is *quiescent*: nothing that could run now could add to
///    the batch. There is no timer, so no delay is added and no key is left behind.
/// 3. A thread outside the executors *blocks* for one of its futures: it can add no more.
/// 4. `maxDelay` after its first key: for keys added from outside the executors, or while some
///    worker is busy for long.
/// 5. `flush()`.
///
/// With `maxConcurrentBatches` set, a batch that should leave waits for its turn and goes on
/// growing meanwhile (group commit).
///
/// ### What each future may rely on
/// It ends exactly once: with its value, its own error, the error the operation threw, or by being
/// cancelled. A key that the reply forgets fails with ``MissingReply``, or is `nil` if values are
/// optional and the operation answers by key. A reply with a wrong number of values fails all.
///
/// Cancelling one future touches no other. A key all of whose futures were cancelled before its batch
/// left is not sent, and an operation all of whose futures were cancelled is cancelled.
///
/// Equal keys in one batch are sent once; each `load` has its own future all the same.
public final class Batcher<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  public typealias Configuration = BatcherConfiguration
  public typealias Statistics = BatcherStatistics

  /// Everything that does not depend on the types of keys and values.
  @usableFromInline let core: BatcherCore
  /// What a load has to ask first; `nil` if it is nothing.
  @usableFromInline let gate: LoadGate<Key, Value>?

  /// For descriptions and errors.
  public var name: String { core.name }

  /// A batcher over an operation that answers by key: `WHERE id IN (…)`.
  ///
  /// A key missing from the reply fails with ``MissingReply``; if values are optional, it is `nil`.
  ///
  /// - Parameters:
  ///   - name: shown in errors, descriptions and events.
  ///   - configuration: when batches leave, and how large they get.
  ///   - executor: where the operation runs; `nil`: on that of the tasklet that opens the batch.
  ///   - weight: the weight of a key, for `maxBatchWeight`; zero or more. Called once for each load, on
  ///     the calling thread.
  ///   - conflicts: which elements may not be in one batch and have to keep their order.
  ///   - cache: what keeps the futures of keys that are loaded without a lane.
  ///   - retry: which calls are repeated if they fail, and when. `nil`: none.
  ///   - isTooLarge: whether an error says that a call had too many keys, or too much in them. The
  ///     call is then made again in two halves, so that a key too large by itself fails alone.
  ///   - operation: the call, for one batch. It runs as a tasklet and may load from this and other
  ///     batchers. What it throws fails its keys. It has the task-local values of no caller, and must
  ///     not own its batcher: see <doc:BatchingCalls>.
  @inlinable
  public convenience init(
    _ name: String = "batcher", configuration: Configuration = .default,
    on executor: TaskletExecutor? = nil, weight: (@Sendable (Key) -> Int)? = nil,
    conflicts: BatcherConflicts<Key>? = nil, cache: CachePolicy<Key, Value> = .none,
    retry: RetryPolicy? = nil, isTooLarge: (@Sendable (any Error) -> Bool)? = nil,
    operation: @escaping @Sendable ([Key]) async throws -> [Key: Value]
  ) {
    let missing = valueOfMissingKey(Value.self)
    self.init(
      name, configuration, executor, weight, conflicts, cache, retry, isTooLarge,
      Batch<Key, Value>.make
    ) { core, keys in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let values = try await operation(batch.keys(keys))
      return { _ in
        batch.complete(with: values, missing: missing, keys)
        return []
      }
    }
  }

  /// A batcher over an operation that answers by position: Redis `MGET`.
  ///
  /// It gives as many values as it was given keys, in their order; another number fails all of them
  /// with ``MissingReply``. For the parameters see
  /// ``init(_:configuration:on:weight:conflicts:cache:retry:isTooLarge:operation:)-(_,_,_,_,_,_,_,_,([Key])->[Key:Value])``.
  @inlinable
  public convenience init(
    _ name: String = "batcher", configuration: Configuration = .default,
    on executor: TaskletExecutor? = nil, weight: (@Sendable (Key) -> Int)? = nil,
    conflicts: BatcherConflicts<Key>? = nil, cache: CachePolicy<Key, Value> = .none,
    retry: RetryPolicy? = nil, isTooLarge: (@Sendable (any Error) -> Bool)? = nil,
    operation: @escaping @Sendable ([Key]) async throws -> [Value]
  ) {
    self.init(
      name, configuration, executor, weight, conflicts, cache, retry, isTooLarge,
      Batch<Key, Value>.make
    ) { core, keys in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let values = try await operation(batch.keys(keys))
      return { _ in
        batch.complete(with: values, keys)
        return []
      }
    }
  }

  /// A batcher over an operation that answers by position, where each key may fail for itself.
  ///
  /// It gives as many results as it was given keys, in their order; another number fails all of
  /// them with ``MissingReply``. Keys that fail for a passing reason are called for again if `retry`
  /// says so. For the parameters see
  /// ``init(_:configuration:on:weight:conflicts:cache:retry:isTooLarge:operation:)-(_,_,_,_,_,_,_,_,([Key])->[Key:Value])``.
  @inlinable
  public convenience init(
    _ name: String = "batcher", configuration: Configuration = .default,
    on executor: TaskletExecutor? = nil, weight: (@Sendable (Key) -> Int)? = nil,
    conflicts: BatcherConflicts<Key>? = nil, cache: CachePolicy<Key, Value> = .none,
    retry: RetryPolicy? = nil, isTooLarge: (@Sendable (any Error) -> Bool)? = nil,
    operation: @escaping @Sendable ([Key]) async throws -> [Result<Value, any Error>]
  ) {
    self.init(
      name, configuration, executor, weight, conflicts, cache, retry, isTooLarge,
      Batch<Key, Value>.make
    ) { core, keys in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let results = try await operation(batch.keys(keys))
      return { judge in batch.complete(with: results, keys, judge: judge) }
    }
  }

  @usableFromInline
  init(
    _ name: String, _ configuration: Configuration, _ executor: TaskletExecutor?,
    _ weight: (@Sendable (Key) -> Int)?, _ conflicts: BatcherConflicts<Key>?,
    _ cache: CachePolicy<Key, Value>, _ retry: RetryPolicy?,
    _ isTooLarge: (@Sendable (any Error) -> Bool)?, _ makeBatch: @escaping BatcherCore.MakeBatch,
    _ operation: @escaping BatcherCore.Operation
  ) {
    precondition(
      configuration.maxBatchWeight == nil || weight != nil,
      "maxBatchWeight needs a weight function: Batcher(…, weight: { $0.bytes })")
    precondition(
      conflicts == nil || !configuration.deduplicates,
      "conflicts are for writes, of which equal ones all count: set deduplicates to false")
    let table = conflicts?.makeTable()
    core = BatcherCore(
      name, configuration, executor,
      Recovery(retry, isTooLarge, isolates: configuration.isolatesFailures), table, makeBatch,
      operation)
    gate = LoadGate(
      weight: configuration.maxBatchWeight == nil ? nil : weight, conflicts: table,
      cache: cache.make())
  }

  /// The same operation and the same batches behind a cache of its own.
  private init(sharing other: Batcher, _ cache: CachePolicy<Key, Value>) {
    core = other.core
    gate = LoadGate(
      weight: other.gate?.weight, conflicts: other.gate?.conflicts, cache: cache.make())
  }

  /// A batcher with the same operation and the same batches as this one, but a cache of its own: for
  /// one request, or one transaction.
  ///
  /// ```swift
  /// let users = app.users.scoped(cache: .lru(1_000))   // forgotten with the request
  /// ```
  public func scoped(cache: CachePolicy<Key, Value>) -> Batcher { Batcher(sharing: self, cache) }

  // MARK: The rest

  /// Sends what is queued and blocks until all that was queued or under way at the time of the call
  /// has ended, and what that has loaded itself meanwhile. Does not throw their errors.
  ///
  /// What others load meanwhile is not waited for. Inside the operation, its own call is not either.
  public func flush() { core.flush().wait() }

  /// Sends what is queued and suspends until all that was queued or under way at the time of the call
  /// has ended, and what that has loaded itself meanwhile. Does not throw their errors.
  ///
  /// What others load meanwhile is not waited for. Inside the operation, its own call is not either.
  public nonisolated(nonsending) func flush() async { await core.flush().wait() }

  /// Numbers for tests, logs and curiosity.
  public func statistics() -> Statistics { core.statistics }
}
