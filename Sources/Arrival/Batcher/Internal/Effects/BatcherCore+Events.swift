// SPDX-License-Identifier: Apache-2.0
/// What instruments are told of a batcher. If none is installed, each event costs an atomic load
/// and a branch.
extension BatcherCore {
  func id(of batch: BatchCore) -> BatchID {
    BatchID(batcher: name, number: batch.number, core: ObjectIdentifier(self))
  }

  /// As `enter`, and tells instruments how the load went on.
  @inline(never)
  func enterObserved(
    lane: Lane?, _ request: LoadRequest?, _ site: SourceSite, _ join: (BatchCore) -> Void
  ) -> BatcherMachine.OnLoad {
    var joined: BatchCore?
    var (isFirst, isNew) = (false, false)
    let effects = enter(lane: lane, request) { batch in
      let (count, size) = (batch.futures.count, batch.size)
      join(batch)
      if batch.futures.count > count { joined = batch }
      isFirst = count == 0
      isNew = batch.size > size
    }
    if let joined, isFirst {
      Instruments.record(.batchOpened(.init(id: id(of: joined), hasLane: lane?.isVisible == true)))
    }
    switch effects.outcome {
    case .joined:
      if let joined { record(isNew ? .joined : .coalesced, joined, site, hold: request?.hold) }
    case .hit: record(.cached, nil, site)
    case .refused: record(.refused, nil, site)
    case .held: record(.held, nil, site, hold: request?.hold)
    }
    return effects
  }

  /// - Parameter hold: the number by which the load is, or was, held.
  func record(
    _ outcome: InstrumentEvent.KeyLoaded.Outcome, _ batch: BatchCore?, _ site: SourceSite,
    hold: HoldNumber? = nil
  ) {
    let hold = hold.map {
      HoldID(batcher: name, number: $0.value, core: ObjectIdentifier(self))
    }
    Instruments.record(
      .keyLoaded(
        .init(
          batcher: name, batch: batch.map { id(of: $0) }, hold: hold, site: site, outcome: outcome))
    )
  }

  func recordDropped(_ batch: BatchCore, loads: Int) {
    Instruments.record(.batchDropped(.init(id: id(of: batch), allLoads: loads)))
  }

  func recordSent(_ departure: Departure) {
    let batch = departure.batch
    let now = statistics
    let loads = locked { batch.futures.count }
    Instruments.record(
      .batchSent(
        .init(
          id: id(of: batch), reason: departure.reason, keys: batch.size,
          loads: loads, allLoads: departure.loads,
          weight: configuration.maxBatchWeight == nil ? nil : departure.weight,
          waited: .since(departure.opened, departure.sent),
          queuedBatches: now.waitingBatches, batchesUnderWay: now.batchesUnderWay)))
  }

  func recordEnded(_ departure: Departure, _ error: (any Error)?) {
    let now = departure.batch.clock.now()
    Instruments.record(
      .batchEnded(
        .init(
          id: id(of: departure.batch), duration: .since(departure.sent, now), error: error)))
  }
}

extension BatchCall {
  init(_ departure: Departure, of core: BatcherCore) {
    self.init(departure, id: core.id(of: departure.batch), core: ObjectIdentifier(core))
  }
}
