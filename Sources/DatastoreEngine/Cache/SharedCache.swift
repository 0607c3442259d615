// SPDX-License-Identifier: Apache-2.0
// The folder `Cache` has the cache of entities that several processes share. `CachingBackend` keeps
// it right by locks in the cache, and `SharedCache` is what it needs of one.

/// A cache that several processes share, such as memcached.
///
/// It may forget any value at any time, but must never return a value that was replaced or removed
/// before. A method that throws may have done any part of its work, or do it later. Each method may
/// be called from many tasks at once.
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
  /// A cache that loses its values, as by a restart, must not take an old token for a new one.
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
  /// Differs for each state of a key's value.
  public struct Token: Sendable, Hashable {
    /// Tells states before a loss of all values from those after it. For example, the number of the
    /// connection.
    public var source: UInt64
    /// The number of the state, such as memcached's "cas unique".
    public var state: UInt64

    /// Makes a token.
    public init(source: UInt64 = 0, state: UInt64) {
      self.source = source
      self.state = state
    }
  }

  /// The value.
  public var value: [UInt8]
  /// The token of the value's state.
  public var token: Token

  /// Makes an entry.
  public init(value: [UInt8], token: Token) {
    self.value = value
    self.token = token
  }
}
