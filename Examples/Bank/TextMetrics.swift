// SPDX-License-Identifier: Apache-2.0
import CoreMetrics
import Synchronization

/// Metrics as a page of text, `name{dimension="value"} number` in each line, to show what there is.
final class TextMetrics: MetricsFactory {
  private let meters = Mutex<[String: Meter]>([:])

  var text: String {
    let all = meters.withLock { $0 }
    return all.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text)\n" }.joined()
  }

  private func meter(_ label: String, _ dimensions: [(String, String)]) -> Meter {
    let list = dimensions.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
    let name = list.isEmpty ? label : "\(label){\(list)}"
    return meters.withLock { meters in
      if let meter = meters[name] { return meter }
      let meter = Meter()
      meters[name] = meter
      return meter
    }
  }

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    meter(label, dimensions)
  }

  func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    meter(label, dimensions)
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    meter(label, dimensions)
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    meter(label + "_seconds", dimensions)
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyMeter(_ handler: any MeterHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}
}

/// A counter, a gauge, or how many values were recorded and their sum.
private final class Meter: CounterHandler, RecorderHandler, MeterHandler, TimerHandler {
  private struct State {
    var count = 0
    var sum = 0.0
    var isSum = false
  }

  private let state = Mutex(State())

  var text: String {
    state.withLock { $0.isSum ? "count \($0.count), sum \($0.sum)" : "\($0.sum)" }
  }

  func increment(by amount: Int64) { increment(by: Double(amount)) }
  func increment(by amount: Double) { state.withLock { $0.sum += amount } }
  func decrement(by amount: Double) { state.withLock { $0.sum -= amount } }
  func reset() { state.withLock { $0.sum = 0 } }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { state.withLock { $0.sum = value } }
  func record(_ value: Int64) { record(Double(value)) }
  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

  func record(_ value: Double) {
    state.withLock { state in
      state.isSum = true
      state.count += 1
      state.sum += value
    }
  }
}
