// SPDX-License-Identifier: Apache-2.0
#if Metrics
  internal import Arrival
  internal import CoreMetrics

  /// The metrics of all batchers, executors or methods, made when they are first needed.
  final class MeterTable<Name: Hashable & Sendable, Meters: Sendable>: Sendable {
    private let meters = Lock<[Name: Meters]>([:])
    private let make: @Sendable (Name) -> Meters

    init(_ make: @escaping @Sendable (Name) -> Meters) { self.make = make }

    subscript(name: Name) -> Meters {
      if let known = meters.withLock({ $0[name] }) { return known }
      // Outside the lock, because it calls the backend. Another thread may be faster.
      let new = make(name)
      return meters.withLock { meters in
        if let known = meters[name] { return known }
        meters[name] = new
        return new
      }
    }
  }

  /// Counters that differ in one dimension.
  struct Counters<Case: Hashable & Sendable>: Sendable {
    private let counters: [Case: Counter]

    init(
      _ label: String, _ dimensions: [(String, String)], _ dimension: String, _ cases: [Case],
      _ factory: any MetricsFactory
    ) {
      let all = cases.map { value in
        (
          value,
          Counter(
            label: label, dimensions: dimensions + [(dimension, "\(value)")], factory: factory)
        )
      }
      counters = Dictionary(uniqueKeysWithValues: all)
    }

    func count(_ value: Case) { counters[value]?.increment() }
  }

  /// How something ended.
  enum Ending: Sendable, Hashable, CaseIterable {
    case value, error, cancelled

    init(_ error: (any Error)?) {
      self = error == nil ? .value : error is CancellationError ? .cancelled : .error
    }
  }

  extension CoreMetrics.Timer {
    func record(_ duration: Duration) {
      let parts = duration.components
      // The nanoseconds of 292 years and more do not fit.
      let (seconds, overflow) = parts.seconds.multipliedReportingOverflow(by: 1_000_000_000)
      recordNanoseconds(overflow ? .max : seconds + parts.attoseconds / 1_000_000_000)
    }
  }
#endif
