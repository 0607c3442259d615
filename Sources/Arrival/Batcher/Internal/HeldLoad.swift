/// A load that waits until an earlier one which touches the same thing has ended; then it joins a
/// batch. The source of its future all the while.
///
/// `@unchecked Sendable`: what changes belongs to the batcher's lock.
final class HeldLoad: FutureSource, @unchecked Sendable {
  let batcher: BatcherCore
  let claim: Claim
  let lane: Lane?
  let weight: Int
  let deadline: Nanoseconds?
  /// Adds the key and its future to a batch.
  let join: (BatchCore) -> Void
  /// The number by which the machine knows it.
  var number = 0
  /// The batch it has joined.
  var batch: BatchCore?
  /// Its future was done before it had joined one.
  private(set) var isOver = false

  init(
    _ batcher: BatcherCore, _ claim: Claim, _ lane: Lane?, weight: Int, deadline: Nanoseconds?,
    join: @escaping (BatchCore) -> Void
  ) {
    self.batcher = batcher
    self.claim = claim
    self.lane = lane
    self.weight = weight
    self.deadline = deadline
    self.join = join
  }

  override func advance(mayRun: Bool) {
    if let batch = batcher.locked({ batch }) { return batch.advance(mayRun: mayRun) }
    // What it waits for is brought nearer.
    batcher.holder(of: claim)?.source?.advance(mayRun: mayRun)
  }

  override func dependencies() -> Dependencies {
    if let batch = batcher.locked({ batch }) { return batch.dependencies() }
    guard let holder = batcher.holder(of: claim), !holder.done() else { return .external }
    return .allOf([holder])
  }

  override var kind: String { "key" }
  override var pendingText: String? {
    if let batch = batcher.locked({ batch }) { return batcher.pendingText(of: batch) }
    return "of \(batcher.name), which waits for another that touches the same thing"
  }

  override func futureDidComplete(_ future: FutureCore) {
    var over: [Future<Void>] = []
    let joined = batcher.change { machine -> BatchCore? in
      if let batch { return batch }
      isOver = true
      claim.load = nil
      over = machine.heldEnded(number)
      return nil
    }
    if let joined {
      joined.futureDidComplete(future)
    } else if Instruments.isOn {
      batcher.record(.dropped, nil, future.creationSite, hold: number)
    }
    for flush in over { flush.succeed(()) }
  }
}

extension BatcherCore {
  /// The future of the other element to which the thing of a claim belongs; `nil` if the claim has
  /// it, and its load is about to join a batch.
  func holder(of claim: Claim) -> FutureCore? {
    locked {
      guard let holder = conflicts?.holder(of: claim), holder !== claim else { return nil }
      return holder.future
    }
  }

  /// Lets go on what waited for the elements of a batch. Gives the batches that leave for it.
  func releaseClaims(of batch: BatchCore) -> [BatchCore] {
    let next = locked {
      let claims = batch.claims
      batch.claims = []
      return claims.compactMap { conflicts?.release($0)?.load }
    }
    return next.flatMap { rejoin($0) }
  }

  /// A load that was held joins a batch.
  private func rejoin(_ load: HeldLoad) -> [BatchCore] {
    let terms = BatcherMachine.Terms(
      deadline: load.deadline, hasRoom: true, heldNumber: load.number
    ) { _, _ in .joins(load.weight) }
    let join: (BatchCore) -> Void = { batch in
      load.batch = batch
      load.claim.load = nil
      batch.claims.append(load.claim)
      // Its future may have been done in the last moment; then the batch only returns the claim.
      if !load.isOver { load.join(batch) }
    }
    if Instruments.isOn, let site = load.claim.future?.creationSite {
      return enterObserved(lane: load.lane, terms: terms, site, join).batches
    }
    return enter(lane: load.lane, terms: terms, join).batches
  }
}
