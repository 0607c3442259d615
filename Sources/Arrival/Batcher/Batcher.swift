internal import Synchronization

/// Turns many `load(key)` calls into few calls of one operation that answers many keys.
///
/// ```swift
/// let users = Batcher<Int, User>("users") { (ids: [Int]) in try await api.users(ids) }
/// let ann: Future<User> = users.load(7)          // returns at once
/// let bob: Future<User> = users.load(8)          // goes out in the same call
/// print(try await ann.value, try await bob.value)
/// ```
///
/// ### When a batch leaves
/// 1. It is *full*: `maxBatchSize` keys; at once.
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
/// It ends exactly once: with its value, its own error, or the error the operation threw. A key
/// that the reply forgets fails with ``MissingReply``, and so do all keys of a reply with a wrong
/// number of values. Cancelling one future touches no other.
///
/// Equal keys in one batch are sent once; each `load` has its own future all the same.
public final class Batcher<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  public typealias Configuration = BatcherConfiguration
  public typealias Statistics = BatcherStatistics

  /// Everything that does not depend on the types of keys and values.
  @usableFromInline let core: BatcherCore

  /// For descriptions and errors.
  public var name: String { core.name }

  /// A batcher over an operation that answers by key: `WHERE id IN (…)`.
  ///
  /// A key missing from the reply fails with ``MissingReply``.
  @inlinable
  public init(
    _ name: String = "batcher", configuration: Configuration = .default,
    on executor: TaskletExecutor? = nil,
    operation: @escaping @Sendable ([Key]) async throws -> [Key: Value]
  ) {
    core = BatcherCore(name, configuration, executor, Batch<Key, Value>.make) { core in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let values = try await operation(batch.keys)
      return { batch.complete(with: values) }
    }
  }

  /// A batcher over an operation that answers by position: Redis `MGET`.
  ///
  /// It gives as many values as it was given keys, in their order; another number fails all of them
  /// with ``MissingReply``.
  @inlinable
  public init(
    _ name: String = "batcher", configuration: Configuration = .default,
    on executor: TaskletExecutor? = nil,
    operation: @escaping @Sendable ([Key]) async throws -> [Value]
  ) {
    core = BatcherCore(name, configuration, executor, Batch<Key, Value>.make) { core in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let values = try await operation(batch.keys)
      return { batch.complete(count: values.count) { .success(values[$0]) } }
    }
  }

  /// A batcher over an operation that answers by position, where each key may fail for itself.
  ///
  /// It gives as many results as it was given keys, in their order; another number fails all of
  /// them with ``MissingReply``.
  @inlinable
  public init(
    _ name: String = "batcher", configuration: Configuration = .default,
    on executor: TaskletExecutor? = nil,
    operation: @escaping @Sendable ([Key]) async throws -> [Result<Value, any Error>]
  ) {
    core = BatcherCore(name, configuration, executor, Batch<Key, Value>.make) { core in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      let results = try await operation(batch.keys)
      return { batch.complete(count: results.count) { results[$0] } }
    }
  }

  // MARK: Loading

  /// The future of one key's value. Returns at once; the key leaves with the next batch.
  @inlinable
  public func load(
    _ key: Key,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Value> {
    load(key, lane: nil, SourceSite(function: function, file: file, line: line))
  }

  /// The future of one key's value, in a lane of its own: keys of different lanes never share a
  /// batch, and lanes leave in the order in which their batches were opened.
  ///
  /// A lane is whatever has to be the same for all keys of one call: a read policy, a deadline, a
  /// transaction.
  @inlinable
  public func load(
    _ key: Key, lane: some Hashable & Sendable,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Value> {
    load(key, lane: Lane(lane), SourceSite(function: function, file: file, line: line))
  }

  /// The futures of several keys' values, in order.
  @inlinable
  public func load(
    contentsOf keys: some Sequence<Key>,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> [Future<Value>] {
    let site = SourceSite(function: function, file: file, line: line)
    return keys.map { load($0, lane: nil, site) }
  }

  // Inlinable, so that hashing and storing a key are specialised to its type in the client: the
  // generic form takes more than twice as long.
  @inlinable
  func load(_ key: Key, lane: Lane?, _ site: SourceSite) -> Future<Value> {
    var future: Future<Value>!
    core.load(lane: lane, site: site) { core in
      let batch = unsafeDowncast(core, to: Batch<Key, Value>.self)
      future = Future(pending: nil, site: site, source: batch)
      batch.add(key, future: future)
    }
    return future
  }

  // MARK: The rest

  /// Sends what is queued and blocks until every batch queued or under way at the time of the call
  /// has ended. Does not throw their errors.
  public func flush() { Future.waitAll(core.sendAll()) }

  /// Sends what is queued and suspends until every batch queued or under way at the time of the
  /// call has ended. Does not throw their errors.
  public nonisolated(nonsending) func flush() async { await Future.waitAll(core.sendAll()) }

  /// Numbers for tests, logs and curiosity.
  public func statistics() -> Statistics { core.machine.withLock { $0.statistics } }
}

/// What keeps keys apart that may not share a batch.
///
/// `@unchecked Sendable`: it is only made of values that are `Sendable`.
@usableFromInline
struct Lane: Hashable, @unchecked Sendable {
  private let value: AnyHashable

  @usableFromInline
  init(_ value: some Hashable & Sendable) { self.value = AnyHashable(value) }
}
