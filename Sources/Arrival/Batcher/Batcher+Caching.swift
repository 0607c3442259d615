extension Batcher {
  /// Puts a value into the cache that became known in another way.
  ///
  /// Does nothing if the cache already has the key. To replace what it has, ``clear(_:)`` the key
  /// first.
  ///
  /// - Returns: whether the value was put in. `false` also if there is no cache, or it threw.
  @discardableResult
  public func prime(
    _ key: Key, _ value: Value,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Bool {
    let site = SourceSite(function: function, file: file, line: line)
    let future = Future(name: nil, site: site, value: value)
    switch admission?.cache {
    case .builtIn(let table):
      return core.locked {
        if table.hit(key) != nil { return false }
        table.store(future, key)
        return true
      }
    case .custom(let cache): return cache.hit(key) == nil && cache.store(future, key)
    case nil: return false
    }
  }

  /// Removes a key from the cache, so that its next load is sent.
  ///
  /// Call it after the value of the key has changed. A pending load goes on for the callers that
  /// have its future.
  public func clear(_ key: Key) {
    switch admission?.cache {
    case .builtIn(let table): core.locked { table.remove(key) }
    case .custom(let cache): cache.remove(key)
    case nil: break
    }
  }

  /// Removes all keys from the cache.
  public func clearAll() {
    switch admission?.cache {
    case .builtIn(let table): core.locked { table.removeAll() }
    case .custom(let cache): cache.removeAll()
    case nil: break
    }
  }
}
