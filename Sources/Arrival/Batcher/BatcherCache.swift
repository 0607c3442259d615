// SPDX-License-Identifier: Apache-2.0
/// A cache of yours for the futures of a ``Batcher``: see ``CachePolicy/custom(_:keepsErrors:)``.
///
/// Its methods are called on the thread that loads, also on several threads at once, and never
/// under one of Arrival's locks. They should be quick and must not block. Each may throw any error:
/// the load then goes on as if there were no cache. The error is counted in
/// ``BatcherStatistics/cacheErrors`` and reported as a ``Diagnostic``.
public protocol BatcherCache<Key, Value>: Sendable {
  associatedtype Key: Hashable & Sendable
  associatedtype Value: Sendable

  /// The future that is kept for a key.
  func future(for key: Key) throws -> Future<Value>?

  /// Keeps a future, which may be pending, in place of the one that was kept for the key.
  func store(_ future: Future<Value>, for key: Key) throws

  /// Removes the future of a key.
  func remove(_ key: Key) throws

  /// Removes all futures.
  func removeAll() throws
}
