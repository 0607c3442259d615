// SPDX-License-Identifier: Apache-2.0
/// What a cache of a ``Batcher`` was asked to do when it failed.
public enum CacheOperation: String, Sendable, Hashable, CaseIterable {
  /// To look a key up.
  case get
  /// To keep a value.
  case store
  /// To remove a key.
  case remove
  /// To remove all keys.
  case removeAll
}
