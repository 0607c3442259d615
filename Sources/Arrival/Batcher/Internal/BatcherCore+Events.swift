/// What instruments are told of a batcher. With none installed each place costs an atomic load and a
/// branch.
extension BatcherCore {
  private func id(of batch: BatchCore) -> BatchID {
    BatchID(batcher: name, number: batch.number, core: self)
  }

  /// As `enter`, and tells instruments what became of the load. One that is held is told of when it
  /// joins a batch.
  @inline(never)
  func enterObserved(
    lane: Lane?, terms: BatcherMachine.Terms?, _ site: SourceSite, _ join: (BatchCore) -> Void
  ) -> BatcherMachine.OnLoad {
    var joined: BatchCore?
    var (isFirst, isNew) = (false, false)
    let effects = enter(lane: lane, terms: terms) { batch in
      let size = batch.size
      join(batch)
      joined = batch
      isFirst = batch.futures.count == 1
      isNew = batch.size > size
    }
    if let joined, isFirst {
      Instruments.record(.batchOpened(.init(id: id(of: joined), hasLane: lane != nil)))
    }
    switch effects.outcome {
    case .joined: record(isNew ? .joined : .coalesced, joined, site)
    case .hit: record(.cached, nil, site)
    case .refused: record(.refused, nil, site)
    case .held: break
    }
    return effects
  }

  func record(
    _ outcome: InstrumentEvent.KeyLoaded.Outcome, _ batch: BatchCore?, _ site: SourceSite
  ) {
    Instruments.record(
      .keyLoaded(
        .init(batcher: name, batch: batch.map { id(of: $0) }, site: site, outcome: outcome)))
  }

  func recordSent(_ batch: BatchCore) {
    let now = statistics
    Instruments.record(
      .batchSent(
        .init(
          id: id(of: batch), reason: batch.reason ?? .full, keys: batch.size,
          loads: batch.futures.count,
          weight: configuration.maxBatchWeight == nil ? nil : batch.weight,
          waited: .since(batch.opened, batch.sent),
          queuedBatches: now.waitingBatches, batchesUnderWay: now.batchesUnderWay)))
  }

  func recordEnded(_ batch: BatchCore, _ error: (any Error)?) {
    Instruments.record(
      .batchEnded(
        .init(
          id: id(of: batch), duration: .since(batch.sent, batch.executor.now()), error: error)))
  }
}
