/// What instruments are told of a batcher. With none installed each place costs an atomic load and a
/// branch.
extension BatcherCore {
  private func id(of batch: BatchCore) -> BatchID {
    BatchID(batcher: name, number: batch.number, core: ObjectIdentifier(self))
  }

  /// As `enter`, and tells instruments what became of the load.
  @inline(never)
  func enterObserved(
    lane: Lane?, terms: BatcherMachine.Terms?, _ site: SourceSite, _ join: (BatchCore) -> Void
  ) -> BatcherMachine.OnLoad {
    var joined: BatchCore?
    var (isFirst, isNew) = (false, false)
    let effects = enter(lane: lane, terms: terms) { batch in
      let (count, size) = (batch.futures.count, batch.size)
      join(batch)
      if batch.futures.count > count { joined = batch }
      isFirst = count == 0
      isNew = batch.size > size
    }
    if let joined, isFirst {
      Instruments.record(.batchOpened(.init(id: id(of: joined), hasLane: lane != nil)))
    }
    let hold = terms?.heldNumber ?? 0
    switch effects.outcome {
    case .joined:
      if let joined { record(isNew ? .joined : .coalesced, joined, site, hold: hold) }
    case .hit: record(.cached, nil, site)
    case .refused: record(.refused, nil, site)
    case .held: record(.held, nil, site, hold: hold)
    }
    return effects
  }

  /// - Parameter hold: the number by which the load is, or was, held; zero if it is not.
  func record(
    _ outcome: InstrumentEvent.KeyLoaded.Outcome, _ batch: BatchCore?, _ site: SourceSite,
    hold: Int = 0
  ) {
    let hold = hold == 0 ? nil : HoldID(batcher: name, number: -hold, core: ObjectIdentifier(self))
    Instruments.record(
      .keyLoaded(
        .init(
          batcher: name, batch: batch.map { id(of: $0) }, hold: hold, site: site, outcome: outcome))
    )
  }

  func recordDropped(_ batch: BatchCore) {
    Instruments.record(.batchDropped(.init(id: id(of: batch), allLoads: batch.loads)))
  }

  func recordSent(_ batch: BatchCore) {
    let now = statistics
    Instruments.record(
      .batchSent(
        .init(
          id: id(of: batch), reason: batch.reason ?? .full, keys: batch.size,
          loads: batch.futures.count, allLoads: batch.loads,
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
