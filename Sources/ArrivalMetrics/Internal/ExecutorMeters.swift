// SPDX-License-Identifier: Apache-2.0
#if Metrics
  internal import Arrival
  internal import CoreMetrics

  /// The metrics of the executors of one name.
  final class ExecutorMeters: Sendable {
    let underWay: Meter
    private let tasklets: Counters<Ending>
    private let wait: CoreMetrics.Timer
    private let duration: CoreMetrics.Timer
    private let threads: Meter
    private let blocked: Meter

    init(_ name: String, _ factory: any MetricsFactory) {
      let dimensions = [("executor", name)]
      underWay = Meter(
        label: "arrival_tasklets_under_way", dimensions: dimensions, factory: factory)
      tasklets = Counters("arrival_tasklets", dimensions, "outcome", Ending.allCases, factory)
      wait = CoreMetrics.Timer(
        label: "arrival_tasklet_wait", dimensions: dimensions, factory: factory)
      duration = CoreMetrics.Timer(
        label: "arrival_tasklet_duration", dimensions: dimensions, factory: factory)
      threads = Meter(label: "arrival_threads", dimensions: dimensions, factory: factory)
      blocked = Meter(label: "arrival_threads_blocked", dimensions: dimensions, factory: factory)
    }

    func ended(_ end: InstrumentEvent.TaskletEnded) {
      underWay.decrement()
      tasklets.count(Ending(end.error))
      if let queued = end.queued { wait.record(queued) }
      duration.record(end.duration)
    }

    func changed(_ change: InstrumentEvent.ThreadChange) {
      switch change.kind {
      case .started: threads.increment()
      case .ended: threads.decrement()
      case .blocked: blocked.increment()
      case .unblocked: blocked.decrement()
      }
    }
  }

  /// The name of a method that is called.
  struct CallName: Hashable, Sendable {
    let service: String
    let method: String

    init(_ service: String, _ method: String) {
      self.service = service
      self.method = method
    }
  }

  /// The metrics of the calls of one method.
  final class CallMeters: Sendable {
    private let calls: Counters<Ending>
    private let underWay: Meter
    private let items: Recorder
    private let duration: CoreMetrics.Timer

    init(_ name: CallName, _ factory: any MetricsFactory) {
      let dimensions = [("service", name.service), ("method", name.method)]
      calls = Counters("arrival_rpcs", dimensions, "outcome", Ending.allCases, factory)
      underWay = Meter(label: "arrival_rpcs_under_way", dimensions: dimensions, factory: factory)
      items = Recorder(label: "arrival_rpc_items", dimensions: dimensions, factory: factory)
      duration = CoreMetrics.Timer(
        label: "arrival_rpc_duration", dimensions: dimensions, factory: factory)
    }

    func began(_ call: InstrumentEvent.RPCBegan) {
      underWay.increment()
      items.record(call.items)
    }

    func ended(_ call: InstrumentEvent.RPCEnded) {
      underWay.decrement()
      calls.count(Ending(call.error))
      duration.record(call.duration)
    }
  }
#endif
