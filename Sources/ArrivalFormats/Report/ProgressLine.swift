// SPDX-License-Identifier: Apache-2.0
/// Makes the text that keeps one line of a terminal showing how far the work is.
///
/// A value without effects: the time is a parameter, and the output is returned as text.
/// ``ProgressPrinter`` reads the clock and writes.
package struct ProgressLine: Sendable {
  /// How far the work is.
  package struct Status: Sendable, Hashable {
    /// The name of the work: `Storing`.
    package var activity: String
    package var done: Int
    /// How many there are in all; `nil` if it is not known.
    package var total: Int?
    /// How much of the work is done, from 0 to 1; `nil` if it is not known.
    package var fraction: Double?
    /// The fraction that was done before this run.
    package var initialFraction: Double
    package var elapsed: Duration
    /// The noun for one counted thing, in the singular.
    package var noun: String

    package init(
      activity: String, done: Int, total: Int? = nil, fraction: Double? = nil,
      initialFraction: Double = 0, elapsed: Duration, noun: String = "row"
    ) {
      self.initialFraction = initialFraction
      self.activity = activity
      self.done = done
      self.total = total
      self.fraction = fraction ?? total.map { $0 > 0 ? Double(done) / Double($0) : 1 }
      self.elapsed = elapsed
      self.noun = noun
    }

    var text: String {
      let amount =
        total.map { "\(grouped(done)) of \(counted($0, noun))" } ?? counted(done, noun)
      var parts = ["\(activity): \(amount)"]
      if let fraction { parts.append("\(Int(min(max(fraction, 0), 1) * 100))%") }
      // A rate over less than half a second says nothing.
      if elapsed >= .milliseconds(500), let pace = rate(done, in: elapsed) {
        parts.append("\(grouped(pace)) a second")
      }
      if let rest { parts.append("\(rest) left") }
      return parts.joined(separator: ", ")
    }

    /// The time until the end at the pace so far; `nil` if too little is done for an estimate.
    private var rest: String? {
      guard let fraction, fraction < 1, elapsed >= .seconds(1) else { return nil }
      let gained = fraction - initialFraction
      guard gained >= 0.01 else { return nil }
      let seconds = Int((elapsed / .seconds(1) * (1 - fraction) / gained).rounded(.up))
      if seconds < 60 { return "\(seconds) s" }
      if seconds < 3_600 { return "\(seconds / 60) min \(seconds % 60) s" }
      return "\(grouped(seconds / 3_600)) h \(seconds % 3_600 / 60) min"
    }
  }

  /// The shortest time between two texts; 100 ms by default.
  let interval: Duration
  /// The longest text in characters; 79 by default, because a line that wraps cannot be rewritten.
  let width: Int
  private var lastWritten: ContinuousClock.Instant?
  private var shown = 0

  init(interval: Duration = .milliseconds(100), width: Int = 79) {
    self.interval = interval
    self.width = width
  }

  /// Whether ``update(_:at:)`` would write at `now`. If not, the caller need not make the text.
  func isDue(at now: ContinuousClock.Instant) -> Bool {
    lastWritten.map { $0.duration(to: now) >= interval } ?? true
  }

  /// The output that makes the line show `text`, or `nil` if the last text is too recent.
  mutating func update(_ text: String, at now: ContinuousClock.Instant) -> String? {
    guard isDue(at: now) else { return nil }
    lastWritten = now
    let visible = text.prefix(width)
    // Spaces cover the rest of a longer text: a dumb terminal has no escape sequences.
    let leftOver = String(repeating: " ", count: max(0, shown - visible.count))
    shown = visible.count
    // Text after the spaces puts the cursor behind the text.
    return "\r\(visible)" + (leftOver.isEmpty ? "" : "\(leftOver)\r\(visible)")
  }

  /// The output that empties the line, or `nil` if it is empty. The next text is due at once.
  mutating func clear() -> String? {
    guard shown > 0 else { return nil }
    let blank = String(repeating: " ", count: shown)
    shown = 0
    lastWritten = nil
    return "\r\(blank)\r"
  }
}
