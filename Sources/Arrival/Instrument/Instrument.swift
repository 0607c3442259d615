/// Watches what Arrival does: the one way in for metrics, tracing and inspectors.
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
/// An instrument reads and takes no part: nothing it does changes what the program does. With none
/// installed, each place that could tell one something costs an atomic load and a branch.
public protocol Instrument: Sendable {
  /// Something happened. Called on the thread where it did, outside of every lock, and so from many
  /// threads at once; the code that made it happen goes on when this returns.
  ///
  /// Keep it short. It must not wait for a future. What it starts itself is reported too.
  func record(_ event: InstrumentEvent)
}
