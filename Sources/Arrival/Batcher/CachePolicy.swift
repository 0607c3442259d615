// SPDX-License-Identifier: Apache-2.0
/// Which futures a ``Batcher`` keeps, and for how long.
///
/// ```swift
/// let users = Batcher<Int, User>("users", cache: .lru(10_000, timeToLive: .seconds(60))) {
///   (ids: [Int]) in try await api.users(ids)
/// }
/// ```
///
/// A load of a key that is kept is a *hit*: it shares the earlier load, pending or done, and
/// nothing is sent for it. A load that failed is a hit only if the policy keeps its error. A
/// cancelled one never is. Only loads without a lane are kept.
public struct CachePolicy<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  let make: @Sendable (BatcherCore) -> LoadCache<Key, Value>?
  private(set) var backing: (any BackingCache<Key, Value>)?

  private init(_ make: @escaping @Sendable (BatcherCore) -> LoadCache<Key, Value>?) {
    self.make = make
  }

  /// Keeps nothing: each load is sent, unless an equal key is in the same batch.
  public static var none: Self { Self { _ in nil } }

  /// Keeps each load while it is pending, so that loads of one key share a call that is under way.
  public static var inFlight: Self {
    Self { _ in .builtIn(CacheTable(InFlightEntries<Key, Value>(), keepsErrors: nil)) }
  }

  /// Keeps the loads of at most `maxCount` keys. If there are more, the one used least recently
  /// goes.
  ///
  /// - Parameters:
  ///   - maxCount: at least 1.
  ///   - timeToLive: how long after a load its value is a hit, in the time of the batcher's
  ///     executor. A load that is pending is a hit for as long as it takes. `nil`: no limit.
  ///   - keepsErrors: whether a load that failed with an error is a hit; `nil`: none is.
  public static func lru(
    _ maxCount: Int, timeToLive: Duration? = nil,
    keepsErrors: (@Sendable (any Error) -> Bool)? = nil
  ) -> Self {
    precondition(maxCount > 0, "maxCount is a number of keys, at least 1; for no cache use .none")
    precondition(
      timeToLive.map { $0 > .zero } ?? true,
      "timeToLive is a time, more than zero; to share only loads under way use .inFlight")
    return Self { core in
      .builtIn(
        CacheTable(
          LRUEntries<Key, Value>(capacity: maxCount, timeToLive: timeToLive, core.executor),
          keepsErrors: keepsErrors))
    }
  }

  /// Keeps the loads in a cache of yours.
  ///
  /// - Parameters:
  ///   - cache: the cache. If it throws, the key is loaded, and the error is reported as a
  ///     ``Diagnostic``, once for each type of error and each ``CacheOperation``.
  ///   - keepsErrors: whether a load that failed with an error is a hit; `nil`: none is.
  public static func custom(
    _ cache: some BatcherCache<Key, Value>, keepsErrors: (@Sendable (any Error) -> Bool)? = nil
  ) -> Self {
    Self { core in .custom(CustomCache(cache: cache, keepsErrors: keepsErrors, core: core)) }
  }

  /// The same, with an asynchronous cache behind it that is asked before the operation, such as
  /// Redis.
  ///
  /// ```swift
  /// let users = Batcher<Int, User>("users", cache: .lru(1_000).backed(by: redisUsers)) {
  ///   (ids: [Int]) in try await api.users(ids)
  /// }
  /// ```
  ///
  /// A batch that leaves asks it for all its keys in one call, calls the operation for the keys
  /// that it does not have, and gives it the new values in one call. Loads do not wait for the
  /// latter, but the batch's turn ends after it. Errors are not kept.
  ///
  /// - Parameter cache: the cache. If it throws, the operation is called as if the cache had
  ///   nothing, and the error is reported as a ``Diagnostic``, once for each type of error and each
  ///   ``CacheOperation``.
  public func backed(by cache: some BackingCache<Key, Value>) -> Self {
    var policy = self
    policy.backing = cache
    return policy
  }
}
