// SPDX-License-Identifier: Apache-2.0
#if Metrics
  internal import Arrival
  internal import CoreMetrics

  /// The metrics of the batchers of one name.
  final class BatcherMeters: Sendable {
    private let loads: Counters<InstrumentEvent.KeyLoaded.Outcome>
    private let queued: Meter
    private let keysSent: Counter
    private let batches: Counters<BatchReason>
    private let dropped: Counter
    private let failed: Counter
    private let cacheErrors: Counters<CacheOperation>
    private let underWay: Meter
    private let keys: Recorder
    private let weight: Recorder
    private let wait: CoreMetrics.Timer
    private let duration: CoreMetrics.Timer

    init(_ name: String, _ factory: any MetricsFactory) {
      let dimensions = [("batcher", name)]
      loads = Counters(
        "arrival_loads", dimensions, "outcome", InstrumentEvent.KeyLoaded.Outcome.allCases, factory)
      queued = Meter(label: "arrival_loads_queued", dimensions: dimensions, factory: factory)
      keysSent = Counter(label: "arrival_keys_sent", dimensions: dimensions, factory: factory)
      batches = Counters("arrival_batches", dimensions, "reason", BatchReason.allCases, factory)
      dropped = Counter(label: "arrival_batches_dropped", dimensions: dimensions, factory: factory)
      failed = Counter(label: "arrival_batches_failed", dimensions: dimensions, factory: factory)
      cacheErrors = Counters(
        "arrival_cache_errors", dimensions, "operation", CacheOperation.allCases, factory)
      underWay = Meter(label: "arrival_batches_under_way", dimensions: dimensions, factory: factory)
      keys = Recorder(label: "arrival_batch_keys", dimensions: dimensions, factory: factory)
      weight = Recorder(label: "arrival_batch_weight", dimensions: dimensions, factory: factory)
      wait = CoreMetrics.Timer(
        label: "arrival_batch_wait", dimensions: dimensions, factory: factory)
      duration = CoreMetrics.Timer(
        label: "arrival_batch_duration", dimensions: dimensions, factory: factory)
    }

    // Each load is counted in once and out once, because events of several threads have no order.
    func loaded(_ load: InstrumentEvent.KeyLoaded) {
      loads.count(load.outcome)
      switch load.outcome {
      case .joined, .coalesced: if load.hold == nil { queued.increment() }
      case .held: queued.increment()
      case .dropped: queued.decrement()
      case .cached, .refused: break
      }
    }

    func sent(_ batch: InstrumentEvent.BatchSent) {
      queued.decrement(by: Double(batch.allLoads))
      underWay.increment()
      keysSent.increment(by: batch.keys)
      batches.count(batch.reason)
      keys.record(batch.keys)
      if let weight = batch.weight { self.weight.record(weight) }
      wait.record(batch.waited)
    }

    func dropped(_ batch: InstrumentEvent.BatchDropped) {
      queued.decrement(by: Double(batch.allLoads))
      dropped.increment()
    }

    func failed(_ failure: InstrumentEvent.CacheFailed) { cacheErrors.count(failure.operation) }

    func ended(_ batch: InstrumentEvent.BatchEnded) {
      underWay.decrement()
      if batch.error != nil { failed.increment() }
      duration.record(batch.duration)
    }
  }
#endif
