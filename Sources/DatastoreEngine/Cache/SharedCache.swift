// SPDX-License-Identifier: Apache-2.0
// The folder `Cache` has the cache of entities that several processes share. `CachingBackend` keeps
// it right by locks in the cache, and `SharedCache` is what it needs of one.

/// A cache that several processes share, such as memcached.
///
/// It may forget any value at any time, but must never return a value that was replaced or removed
/// before. Each method may be called from many tasks at once.
public protocol SharedCache: Sendable {
  /// Reads values, each with a token of this state of it.
  func get(_ keys: Set<[UInt8]>) async throws -> [[UInt8]: CacheEntry]

  /// Stores values for keys that have none.
  ///
  /// - Returns: The keys whose values were stored.
  func add(
    _ values: [[UInt8]: [UInt8]], expiresIn: Duration
  ) async throws -> Set<[UInt8]>

  /// Replaces values that are as they were when their tokens were read.
  ///
  /// - Returns: The keys whose values were replaced. Values that were changed, removed or forgotten
  ///   meanwhile are not.
  func replace(
    _ entries: [[UInt8]: CacheEntry], expiresIn: Duration
  ) async throws -> Set<[UInt8]>

  /// Removes values, whatever they are.
  func remove(_ keys: Set<[UInt8]>) async throws
}

/// A value of a ``SharedCache``, and a token that says whether it has changed since it was read.
public struct CacheEntry: Sendable, Hashable {
  /// The value.
  public var value: [UInt8]
  /// Differs for each state of a key's value, as memcached's "cas unique".
  public var token: UInt64

  /// Makes an entry.
  public init(value: [UInt8], token: UInt64) {
    self.value = value
    self.token = token
  }
}
