// SPDX-License-Identifier: Apache-2.0
#if Metrics
  public import Arrival
  public import CoreMetrics

  /// Records what Arrival does through swift-metrics.
  ///
  /// ```swift
  /// MetricsSystem.bootstrap(factory)                 // your backend: Prometheus, StatsD, OTel
  /// Instruments.install(MetricsInstrument())
  /// ```
  ///
  /// | metric | kind | dimensions |
  /// | --- | --- | --- |
  /// | `arrival_loads` | counter | `batcher`, `outcome`: see below |
  /// | `arrival_loads_queued` | meter | `batcher` |
  /// | `arrival_keys_sent` | counter | `batcher` |
  /// | `arrival_batches` | counter | `batcher`, `reason`: why the batch left |
  /// | `arrival_batches_dropped`, `arrival_batches_failed` | counter | `batcher` |
  /// | `arrival_batches_under_way` | meter | `batcher` |
  /// | `arrival_batch_keys`, `arrival_batch_weight` | recorder | `batcher` |
  /// | `arrival_batch_wait`, `arrival_batch_duration` | timer | `batcher` |
  /// | `arrival_cache_errors` | counter | `batcher`, `operation`: get, store, remove, removeAll |
  /// | `arrival_deadlocks` | counter | none |
  /// | `arrival_tasklets` | counter | `executor`, `outcome`: value, error, cancelled |
  /// | `arrival_tasklets_under_way` | meter | `executor` |
  /// | `arrival_tasklet_wait`, `arrival_tasklet_duration` | timer | `executor` |
  /// | `arrival_threads`, `arrival_threads_blocked` | meter | `executor` |
  /// | `arrival_rpcs` | counter | `service`, `method`, `outcome`: value, error, cancelled |
  /// | `arrival_rpcs_under_way` | meter | `service`, `method` |
  /// | `arrival_rpc_items` | recorder | `service`, `method` |
  /// | `arrival_rpc_duration` | timer | `service`, `method` |
  ///
  /// The outcome of a load is `joined`, `coalesced`, `cached`, `refused`, `held` or `dropped`. A
  /// load that is `held` is counted once more when it joins a batch, or as `dropped` if it ends
  /// before that.
  ///
  /// The names of batchers and executors are dimensions, so give all batchers of one kind the same
  /// name, and put no request's ID into it. Meters count from the installation on, so install the
  /// instrument before the first load. A metric keeps the backend with which it was first made, so
  /// call `bootstrap` before that.
  public struct MetricsInstrument: Instrument {
    private let batchers: MeterTable<String, BatcherMeters>
    private let executors: MeterTable<String, ExecutorMeters>
    private let calls: MeterTable<CallName, CallMeters>
    private let deadlocks: Counter

    /// - Parameter factory: makes the metrics; `nil`: the factory of `MetricsSystem`.
    public init(factory: (any MetricsFactory)? = nil) {
      let factory = factory ?? MetricsSystem.factory
      batchers = MeterTable { BatcherMeters($0, factory) }
      executors = MeterTable { ExecutorMeters($0, factory) }
      calls = MeterTable { CallMeters($0, factory) }
      deadlocks = Counter(label: "arrival_deadlocks", factory: factory)
    }

    public func record(_ event: InstrumentEvent) {
      switch event {
      case .keyLoaded(let load): batchers[load.batcher].loaded(load)
      case .batchSent(let batch): batchers[batch.id.batcher].sent(batch)
      case .batchDropped(let batch): batchers[batch.id.batcher].dropped(batch)
      case .batchEnded(let batch): batchers[batch.id.batcher].ended(batch)
      case .cacheFailed(let failure): batchers[failure.batcher].failed(failure)
      case .deadlockFound: deadlocks.increment()
      case .taskletStarted(let start): executors[start.executor].underWay.increment()
      case .taskletEnded(let end): executors[end.executor].ended(end)
      case .thread(let change): executors[change.executor].changed(change)
      case .rpcBegan(let call): calls[CallName(call.service, call.method)].began(call)
      case .rpcEnded(let call): calls[CallName(call.service, call.method)].ended(call)
      default: break
      }
    }
  }
#endif
