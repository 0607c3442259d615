// SPDX-License-Identifier: Apache-2.0
/// Watches what Arrival does. Metrics, tracing and inspectors are instruments.
///
/// ```swift
/// struct SlowTasklets: Instrument {
///   func record(_ event: InstrumentEvent) {
///     if case .taskletEnded(let end) = event, end.duration > .seconds(1) { log("\(end)") }
///   }
/// }
/// let registration = Instruments.install(SlowTasklets())
/// ```
///
/// An instrument only watches: nothing it does changes what the program does. As long as none is
/// installed, each place that could report an event costs an atomic load and a branch.
public protocol Instrument: Sendable {
  /// Called when something happened, on the thread where it happened and outside of every lock.
  ///
  /// Many threads may call it at once. The code that caused the event goes on when it returns, so
  /// keep it short. It must not wait for a future. Tasklets and batches that it starts are reported
  /// too.
  func record(_ event: InstrumentEvent)
}
