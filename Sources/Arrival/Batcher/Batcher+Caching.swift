// SPDX-License-Identifier: Apache-2.0
extension Batcher {
  /// What the cache has for a key; `nil` if a load of the key would be sent.
  ///
  /// Loads nothing, asks no asynchronous cache, and changes neither the statistics nor the order in
  /// which keys are removed from a full cache. The future has the outcome of the load. Cancelling
  /// it affects no other caller. If all others cancel, the load goes on only as long as something
  /// holds this future.
  public func peek(_ key: Key) -> Future<Value>? { kept(key)?.makeLook() }

  /// The future that the cache has for a key, which callers only follow.
  private func kept(_ key: Key) -> Future<Value>? {
    switch admission?.cache {
    case .builtIn(let table):
      let found = core.locked { table.find(key, marks: false) }
      return switch found {
      case .hit(let future): future
      case .failed(let future): future.isHit(table.keepsErrors) ? future : nil
      case .miss: nil
      }
    case .custom(let cache): return cache.hit(key)
    case nil: return nil
    }
  }

  /// Puts a value into the cache that became known in another way.
  ///
  /// An asynchronous cache is not told of it.
  ///
  /// - Parameters:
  ///   - key: the key.
  ///   - value: what the next loads of the key return.
  ///   - replacing: whether it replaces what the cache has for the key. By default it does not, and
  ///     nothing happens if a load of the key would be a hit.
  ///   - function: the function that calls this; left out.
  ///   - file: its file; left out.
  ///   - line: its line; left out.
  /// - Returns: whether the value was put in. `false` also if there is no cache, if the cache keeps
  ///   only what is under way, or if it threw.
  @discardableResult
  public func prime(
    _ key: Key, _ value: Value, replacing: Bool = false,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Bool {
    let site = SourceSite(function: function, file: file, line: line)
    return prime(key, with: Future(name: nil, site: site, value: value), replacing: replacing)
  }

  /// Puts a future into the cache, such as one that another batcher is loading.
  ///
  /// ```swift
  /// users.prime(7, with: directory.load("ann"))
  /// users.prime(8, with: Future(error: NoSuchUser()))   // if the policy keeps this error
  /// ```
  ///
  /// - Parameters:
  ///   - key: the key.
  ///   - future: what the next loads of the key share, as they share an earlier load.
  ///   - replacing: whether it replaces what the cache has for the key. By default it does not, and
  ///     nothing happens if a load of the key would be a hit.
  /// - Returns: whether the future was put in. `false` also if there is no cache, if the cache does
  ///   not keep the future's error, if it keeps only what is under way and the future is done, or
  ///   if it threw.
  @discardableResult
  public func prime(_ key: Key, with future: Future<Value>, replacing: Bool = false) -> Bool {
    switch admission?.cache {
    case .builtIn(let table): prime(key, with: future, replacing: replacing, in: table)
    case .custom(let cache):
      future.isHit(cache.keepsErrors) && (replacing || cache.hit(key) == nil)
        && keepingQuiet(future, cache.store(future, key))
    case nil: false
    }
  }

  private func prime(
    _ key: Key, with future: Future<Value>, replacing: Bool, in table: CacheTable<Key, Value>
  ) -> Bool {
    let isDone = future.done()
    guard future.isHit(table.keepsErrors), !(isDone && table.keepsOnlyPending),
      replacing || kept(key) == nil
    else { return false }
    let isStored = core.locked {
      // What a load has stored since that look stays.
      if !replacing, case .hit = table.find(key, marks: false) { return false }
      table.store(future, key, owner: future)
      if isDone { table.decide(future, key, isKept: true) }
      return true
    }
    if isStored, table.keepsOnlyPending {
      future.addCallback(
        CallbackWaiter(in: nil) { [core] future in core.locked { table.remove(key, of: future) } })
    }
    return keepingQuiet(future, isStored)
  }

  /// An error that is put into the cache on purpose is not reported if nobody loads it.
  private func keepingQuiet(_ future: Future<Value>, _ isStored: Bool) -> Bool {
    if isStored { future.failure?.ignore() }
    return isStored
  }

  /// Removes a key from the cache, so that its next load is sent.
  ///
  /// Call it after the value of the key has changed. A pending load goes on for the callers that
  /// have its future.
  ///
  /// - Returns: done when an asynchronous cache has removed the key too; fails with its error.
  ///   Loads of this process wait for that by themselves. Without such a cache it is done.
  @discardableResult
  public func clear(_ key: Key) -> Future<Void> {
    let removal = admission?.backing?.remove(key)
    switch admission?.cache {
    case .builtIn(let table): core.locked { table.remove(key) }
    case .custom(let cache): cache.remove(key)
    case nil: break
    }
    return removal ?? nothingToRemove
  }

  /// Removes all keys from the cache.
  ///
  /// - Returns: done when an asynchronous cache has removed them too; fails with its error. Loads
  ///   of this process wait for that by themselves. Without such a cache it is done.
  @discardableResult
  public func clearAll() -> Future<Void> {
    let removal = admission?.backing?.removeAll()
    switch admission?.cache {
    case .builtIn(let table): core.locked { table.removeAll() }
    case .custom(let cache): cache.removeAll()
    case nil: break
    }
    return removal ?? nothingToRemove
  }
}

private let nothingToRemove = Future<Void>(value: ())
