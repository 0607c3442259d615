/// Which futures a ``Batcher`` keeps after they were loaded.
///
/// ```swift
/// let users = Batcher<Int, User>("users", cache: .lru(10_000)) { … }
/// ```
///
/// A hit returns the future of the earlier load, pending or done. A failed future is a hit only if
/// errors are kept; a cancelled one never is. Only loads without a lane are kept.
public struct CachePolicy<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  let make: @Sendable () -> LoadCache<Key, Value>?

  /// Keeps nothing: each load is sent, unless an equal key is in the same batch.
  public static var none: Self { Self { nil } }

  /// Keeps the futures of at most `maxCount` keys. If there are more, the one used least recently
  /// goes.
  ///
  /// - Parameters:
  ///   - maxCount: at least 1.
  ///   - keepsErrors: whether a failed future is a hit.
  public static func lru(_ maxCount: Int, keepsErrors: Bool = false) -> Self {
    precondition(maxCount > 0, "maxCount is a number of keys, at least 1; for no cache use .none")
    return Self { .builtIn(CacheTable(capacity: maxCount, keepsErrors: keepsErrors)) }
  }

  /// Keeps the futures in a cache of yours.
  ///
  /// - Parameters:
  ///   - cache: the cache. If it throws, the key is loaded.
  ///   - keepsErrors: whether a failed future is a hit.
  public static func custom(
    _ cache: some BatcherCache<Key, Value>, keepsErrors: Bool = false
  ) -> Self {
    let cache = CustomCache(cache: cache, keepsErrors: keepsErrors)
    return Self { .custom(cache) }
  }
}
