// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

/// The locks of writers and the marks of readers in a shared cache.
struct CacheLocks: Sendable {
  /// How often a value that others change all the time is tried to be changed.
  private static let maxAttempts = 64

  private struct Contended: Error {}

  let cache: any SharedCache
  /// How long a lock or a mark stays.
  let time: Duration
  /// The wall clock, as other processes have it.
  let now: @Sendable () -> Timestamp

  /// Marks keys that have no value or a free one. Failures leave them unmarked.
  ///
  /// - Returns: The tokens of the marks.
  func mark(_ keys: [[UInt8]: CacheEntry?]) async -> [[UInt8]: CacheEntry.Token] {
    if keys.isEmpty { return [:] }
    let mark = CachedValue.reading(.random(in: .min ... .max))
    guard let value = mark.encoded(for: []) else { return [:] }
    var new: [[UInt8]: [UInt8]] = [:]
    var changed: [[UInt8]: CacheEntry] = [:]
    for (name, entry) in keys {
      if let entry {
        changed[name] = CacheEntry(value: value, token: entry.token)
      } else {
        new[name] = value
      }
    }
    do {
      var marked: Set<[UInt8]> = []
      if !new.isEmpty { marked.formUnion(try await cache.add(new, expiresIn: time)) }
      if !changed.isEmpty { marked.formUnion(try await cache.replace(changed, expiresIn: time)) }
      return try await cache.get(marked).filter { $0.value.value == value }.mapValues(\.token)
    } catch {
      return [:]
    }
  }

  /// Locks keys for a writer, beside others who have locked them.
  func lock(_ names: Set<[UInt8]>, by id: CachedValue.ID) async throws {
    let now = now()
    try await change(names) { old in
      .writing(writers(of: old).merging([id: now]) { $1 })
    }
  }

  /// The writers whose locks have not expired.
  ///
  /// A lock in the cache expires when it was last changed long ago. On a key that is written all
  /// the time, the lock of a process that has died would stay for ever.
  private func writers(of value: CachedValue?) -> CachedValue.Writers {
    guard case .writing(let writers)? = value else { return [:] }
    let oldest = now().microseconds - Int64(time / .microseconds(1))
    return writers.filter { $0.value.microseconds > oldest }
  }

  /// Removes the lock of a writer. If it is gone, what has come in its place goes, too.
  func unlock(_ names: Set<[UInt8]>, by id: CachedValue.ID) async throws {
    do {
      try await change(names) { old in
        switch old {
        case .writing?:
          // Without this lock, the others still keep readers from keeping anything.
          var others = writers(of: old)
          others[id] = nil
          return others.isEmpty ? .free : .writing(others)
        // The lock has expired, so a reader may have kept the state before the commit.
        case .entity?, .reading?: return .free
        case .free?, nil: return nil
        }
      }
    } catch {
      try await cache.remove(names)
    }
  }

  /// Does what must be done for the keys of a commit that is durable. It is tried again while the
  /// cache cannot be reached.
  ///
  /// - Throws: The last error, after `limit`.
  func insist(
    within limit: Duration, _ body: @escaping @Sendable (CacheLocks) async throws -> Void
  ) async throws {
    do { return try await body(self) } catch { if limit <= .zero { throw error } }
    // A task of its own, which is not cancelled with the caller's.
    try await Task {
      let end = ContinuousClock.now + limit
      var pause = Duration.milliseconds(10)
      while true {
        try await Task.sleep(for: pause)
        do { return try await body(self) } catch { if .now + pause > end { throw error } }
        pause = min(pause * 2, .seconds(1))
      }
    }.value
  }

  /// Changes each value to a new one, `nil` for no change, whatever others do meanwhile.
  private func change(
    _ names: Set<[UInt8]>, _ new: (CachedValue?) -> CachedValue?
  ) async throws {
    var open = names
    for _ in 0..<Self.maxAttempts {
      if open.isEmpty { return }
      let known = try await cache.get(open)
      var added: [[UInt8]: [UInt8]] = [:]
      var replaced: [[UInt8]: CacheEntry] = [:]
      for name in open {
        let entry = known[name]
        // What cannot be read counts as an entity, which a writer replaces.
        let old = entry.map { CachedValue(lockIn: $0.value) ?? .entity(nil) }
        guard let value = new(old)?.encoded(for: name) else {
          open.remove(name)
          continue
        }
        if let entry {
          replaced[name] = CacheEntry(value: value, token: entry.token)
        } else {
          added[name] = value
        }
      }
      if !added.isEmpty { open.subtract(try await cache.add(added, expiresIn: time)) }
      if !replaced.isEmpty { open.subtract(try await cache.replace(replaced, expiresIn: time)) }
    }
    if !open.isEmpty { throw Contended() }
  }
}

extension CachedValue {
  /// A mark or a lock, without decoding an entity.
  fileprivate init?(lockIn bytes: [UInt8]) {
    guard let value = CachedValue(bytes, for: Key("any", id: 1), []) else { return nil }
    self = value
  }
}
