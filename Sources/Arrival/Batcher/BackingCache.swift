// SPDX-License-Identifier: Apache-2.0
/// An asynchronous cache behind a ``Batcher``, such as Redis: see ``CachePolicy/backed(by:)``.
///
/// It is asked for all keys of a batch at once, when the batch leaves. Keys that it has are
/// answered at once; only the others go to the operation, and what that returns is stored at once,
/// too.
///
/// Its methods run in tasklets, several of them at the same time. ``values(for:)`` and
/// ``store(_:)`` are part of the batch's call: ``BatchCall/current`` is the call, its
/// ``BatchCall/remainingTime()`` says how long the loads still wait, and they are cancelled when no
/// load waits any more. Any of them may throw: the batch then goes on as if the cache had nothing.
/// The error is counted in ``BatcherStatistics/cacheErrors`` and reported as a ``Diagnostic``.
public protocol BackingCache<Key, Value>: Sendable {
  associatedtype Key: Hashable & Sendable
  associatedtype Value: Sendable

  /// The values that the cache has for these keys.
  func values(for keys: [Key]) async throws -> [Key: Value]

  /// Keeps values that the operation returned.
  func store(_ values: [Key: Value]) async throws

  /// Removes the values of some keys.
  func remove(_ keys: [Key]) async throws

  /// Removes the values of all keys of this cache.
  func removeAll() async throws
}
