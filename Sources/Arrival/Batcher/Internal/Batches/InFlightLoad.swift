// SPDX-License-Identifier: Apache-2.0
/// The source of a load that its cache keeps while it is pending: takes it out at its end.
final class InFlightLoad<Key: Hashable & Sendable, Value: Sendable>:
  // `@unchecked Sendable`: as its base class; what it adds never changes.
  HeldLoad, @unchecked Sendable
{
  private let key: Key
  private let cache: CacheTable<Key, Value>
  private let core: BatcherCore

  init(_ request: LoadRequest, _ key: Key, _ cache: CacheTable<Key, Value>, _ core: BatcherCore) {
    self.key = key
    self.cache = cache
    self.core = core
    super.init(request, batcher: core)
  }

  override func futureDidComplete(_ future: FutureCore) {
    core.locked { cache.remove(key, of: self) }
    super.futureDidComplete(future)
  }
}
