// SPDX-License-Identifier: Apache-2.0
public import DatastoreEngine
private import Synchronization

/// A cache in the memory of one process, for a `CachingBackend`.
///
/// Several backends of the process may share it. When it is full, it forgets expired values first,
/// and then any.
public final class InMemorySharedCache: SharedCache {
  private struct Stored {
    var entry: CacheEntry
    /// Since the cache was made.
    var expires: Duration
  }

  private struct State {
    var values: [[UInt8]: Stored] = [:]
    var lastToken: UInt64 = 0
  }

  private let state = Mutex(State())
  private let maxCount: Int
  /// The time since the cache was made.
  private let now: @Sendable () -> Duration

  /// Creates a cache.
  ///
  /// - Parameters:
  ///   - maxCount: the most values it has, at least 1; 100,000 by default.
  ///   - clock: says when values expire. In tests, the clock of a manual time.
  public init<C: Clock<Duration>>(maxCount: Int = 100_000, clock: C = ContinuousClock()) {
    self.maxCount = max(maxCount, 1)
    let start = clock.now
    now = { start.duration(to: clock.now) }
  }

  /// How many values it has, expired ones included.
  public var count: Int { state.withLock { $0.values.count } }

  public func get(_ keys: Set<[UInt8]>) async throws -> [[UInt8]: CacheEntry] {
    let now = now()
    return state.withLock { state in
      var found: [[UInt8]: CacheEntry] = [:]
      for key in keys {
        if let stored = state.values[key], stored.expires > now { found[key] = stored.entry }
      }
      return found
    }
  }

  public func add(
    _ values: [[UInt8]: [UInt8]], expiresIn: Duration
  ) async throws -> Set<[UInt8]> {
    let now = now()
    return state.withLock { state in
      var added: Set<[UInt8]> = []
      for (key, value) in values {
        if let stored = state.values[key], stored.expires > now { continue }
        makeRoom(&state, now)
        set(&state, key, value, now + expiresIn)
        added.insert(key)
      }
      return added
    }
  }

  public func replace(
    _ entries: [[UInt8]: CacheEntry], expiresIn: Duration
  ) async throws -> Set<[UInt8]> {
    let now = now()
    return state.withLock { state in
      var replaced: Set<[UInt8]> = []
      for (key, entry) in entries {
        guard let stored = state.values[key], stored.expires > now,
          stored.entry.token == entry.token
        else { continue }
        set(&state, key, entry.value, now + expiresIn)
        replaced.insert(key)
      }
      return replaced
    }
  }

  public func remove(_ keys: Set<[UInt8]>) async throws {
    state.withLock { state in for key in keys { state.values[key] = nil } }
  }

  /// Forgets everything, as a cache that was restarted.
  public func removeAll() { state.withLock { $0.values = [:] } }

  private func set(
    _ state: inout State, _ key: [UInt8], _ value: [UInt8], _ expires: Duration
  ) {
    state.lastToken += 1
    state.values[key] = Stored(
      entry: CacheEntry(value: value, token: .init(state: state.lastToken)),
      expires: expires)
  }

  private func makeRoom(_ state: inout State, _ now: Duration) {
    if state.values.count < maxCount { return }
    state.values = state.values.filter { $0.value.expires > now }
    // A tenth at once, so that a full cache does not look for expired values each time.
    while state.values.count > maxCount - max(1, maxCount / 10), let first = state.values.first {
      state.values[first.key] = nil
    }
  }
}
