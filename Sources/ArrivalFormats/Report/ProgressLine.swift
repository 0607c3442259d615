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
    package var elapsed: Duration
    /// The noun for one counted thing, in the singular.
    package var noun: String

    package init(
      activity: String, done: Int, total: Int? = nil, elapsed: Duration, noun: String = "row"
    ) {
      self.activity = activity
      self.done = done
      self.total = total
      self.elapsed = elapsed
      self.noun = noun
    }

    var text: String {
      let amount =
        total.map { "\(grouped(done)) of \(counted($0, noun))" } ?? counted(done, noun)
      // A rate over less than half a second says nothing.
      let pace = elapsed >= .milliseconds(500) ? rate(done, in: elapsed) : nil
      return "\(activity): \(amount)" + (pace.map { ", \(grouped($0)) a second" } ?? "")
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
