// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

/// The locks of writers and the marks of readers in a shared cache.
struct CacheLocks: Sendable {
  /// How often a value that others change all the time is tried to be changed.
  private static let maxAttempts = 64

  private struct Contended: Error {}

  let cache: any SharedCache
  let time: Duration

  /// Marks keys that have no value or a free one. Failures leave them unmarked.
  ///
  /// - Returns: The tokens of the marks.
  func mark(_ keys: [[UInt8]: CacheEntry?]) async -> [[UInt8]: UInt64] {
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
    try await change(names) { old in
      switch old {
      case .writing(let ids)?: .writing(ids.union([id]))
      case .entity?, .reading?, .free?, nil: .writing([id])
      }
    }
  }

  /// Removes the lock of a writer. If it is gone, what has come in its place goes, too.
  ///
  /// If the cache fails, the lock stays until it expires.
  func unlock(_ names: Set<[UInt8]>, by id: CachedValue.ID) async {
    do {
      try await change(names) { old in
        switch old {
        case .writing(let ids)?:
          // Without this lock, the others still keep readers from keeping anything.
          ids.subtracting([id]).isEmpty ? .free : .writing(ids.subtracting([id]))
        // The lock has expired, so a reader may have kept the state before the commit.
        case .entity?, .reading?: .free
        case .free?, nil: nil
        }
      }
    } catch {
      try? await cache.remove(names)
    }
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
