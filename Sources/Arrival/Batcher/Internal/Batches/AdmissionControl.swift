// SPDX-License-Identifier: Apache-2.0
/// What a load has to pass before it joins a batch: the cache, the conflicts, the weight.
@usableFromInline
final class AdmissionControl<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  let weight: (@Sendable (Key) -> Int)?
  let conflicts: ConflictTable<Key>?
  let cache: LoadCache<Key, Value>?
  /// The asynchronous cache that a batch asks before its operation is called.
  let backing: Backing<Key, Value>?
  /// The lane of the loads that ask it.
  let lane: Lane?

  /// `nil` if there is nothing to pass.
  init?(
    weight: (@Sendable (Key) -> Int)?, conflicts: ConflictTable<Key>?,
    cache: LoadCache<Key, Value>?, backing: Backing<Key, Value>?
  ) {
    if weight == nil, conflicts == nil, cache == nil, backing == nil { return nil }
    self.weight = weight
    self.conflicts = conflicts
    self.cache = cache
    self.backing = backing
    lane = backing.map { Lane(asking: $0) }
  }

  func weigh(_ key: Key) -> Int {
    guard let weight else { return 0 }
    let result = weight(key)
    precondition(
      result >= 0,
      "the weight function of a batcher returned \(result) for the key \(key); return zero or more")
    return result
  }
}

/// The load of one key through ``AdmissionControl``.
final class KeyRequest<Key: Hashable & Sendable, Value: Sendable>:
  // `@unchecked Sendable`: as its base class; `future` belongs to the batcher's lock until the load
  // has returned.
  LoadRequest, @unchecked Sendable
{
  /// The future of the key's value, which the batch completes; `nil` if the load was refused.
  private(set) var future: Future<Value>?
  /// What the caller gets, if that is another future.
  private var own: OwnLoad?
  /// `nil` if the caller gets `future`.
  private let caller: LoadCaller?
  /// Whether later loads may share the future.
  private let isCached: Bool
  private let key: Key
  private let site: SourceSite
  private let weight: Int
  private let conflicts: ConflictTable<Key>?
  /// A cache to ask under the lock.
  private let cache: CacheTable<Key, Value>?
  private let batcher: BatcherCore

  init(
    _ key: Key, lane: Lane?, _ caller: LoadCaller, hasRoom: Bool,
    _ control: AdmissionControl<Key, Value>?, cache: CacheTable<Key, Value>?, isCached: Bool,
    batcher: BatcherCore
  ) {
    self.key = key
    self.isCached = isCached
    self.caller = isCached || caller.limit != nil ? caller : nil
    site = caller.site
    self.batcher = batcher
    self.cache = cache
    conflicts = control?.conflicts
    weight = control?.weigh(key) ?? 0
    super.init(
      lane: lane, deadline: caller.limit?.deadline, hasRoom: hasRoom,
      claim: conflicts?.claim(for: key))
  }

  override func admit(to open: BatchCore?, hasRoom: Bool) -> Admission {
    // It has its resource now, and has passed everything else before.
    if hold != nil { return .joins(weight: weight) }
    // A load that failed in this moment is not judged under the lock. It is a miss.
    if let caller, case .hit(let hit)? = cache?.find(key),
      let own = OwnLoad(following: hit, for: caller)
    {
      future = hit
      self.own = own
      return .hit
    }
    if !hasRoom { return .refused }
    if let claim, conflicts?.acquire(claim) == false {
      makeFuture(source: HeldLoad(self, batcher: batcher))
      return .held
    }
    return .joins(weight: addedWeight(to: open))
  }

  override func join(_ batch: BatchCore) {
    if case .ended = state { return }
    let batch = unsafeDowncast(batch, to: Batch<Key, Value>.self)
    batch.add(key, future: future ?? makeFuture(source: batch))
  }

  override func replaceFuture(with other: FutureCore) {
    future = Future<Value>.of(other)
    super.replaceFuture(with: other)
  }

  @discardableResult
  private func makeFuture(source: FutureSource) -> Future<Value> {
    let source = self.source(insteadOf: source)
    let new = Future<Value>(pending: nil, site: site, source: source)
    future = new
    claim?.future = new
    if let caller {
      new.endWhenUnobserved()
      own = OwnLoad(following: new, for: caller)
    }
    cache?.store(new, key, owner: source)
    return new
  }

  /// The source of a future that has to know more than its batch does.
  private func source(insteadOf batch: FutureSource) -> FutureSource {
    if let cache, cache.keepsOnlyPending { return InFlightLoad(self, key, cache, batcher) }
    // Through the request, later loads that share this one may change its deadline.
    return isCached && deadline != nil ? HeldLoad(self, batcher: batcher) : batch
  }

  /// The future for the caller; `nil` if the load was refused. To be called once, after the load.
  func takeCallersFuture() -> Future<Value>? {
    // The request may live as long as the call, but the caller's future need not.
    guard let own = own.take() else { return future }
    own.startLimit()
    return Future<Value>.of(own.future)
  }

  /// An equal key that is sent once weighs once.
  private func addedWeight(to open: BatchCore?) -> Int {
    guard weight > 0, let open else { return weight }
    return unsafeDowncast(open, to: Batch<Key, Value>.self).has(key) ? 0 : weight
  }
}
