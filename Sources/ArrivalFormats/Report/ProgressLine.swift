/// Decides what to write to a terminal so that one line there always shows how far the work is.
///
/// Pure: the time comes in as a parameter and what is to be written goes out as text. The effects
/// are in ``ProgressPrinter``.
package struct ProgressLine: Sendable {
  /// How far the work is.
  package struct Status: Sendable, Hashable {
    /// What is being done: `Storing`.
    package var activity: String
    package var done: Int
    /// How many there are in all; `nil` while nobody knows.
    package var total: Int?
    package var elapsed: Duration
    /// What is counted, in the singular.
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
      // A rate over the first moments says nothing.
      let pace = elapsed >= .milliseconds(500) ? rate(done, in: elapsed) : nil
      return "\(activity): \(amount)" + (pace.map { ", \(grouped($0)) a second" } ?? "")
    }
  }

  /// The shortest time between two texts; 100 ms by default.
  let interval: Duration
  /// The longest text in characters; 79 by default, since a line that wraps cannot be rewritten.
  let width: Int
  private var lastWritten: ContinuousClock.Instant?
  private var shown = 0

  init(interval: Duration = .milliseconds(100), width: Int = 79) {
    self.interval = interval
    self.width = width
  }

  /// Whether ``update(_:at:)`` would write at `now`; the texts between need not even be made.
  func isDue(at now: ContinuousClock.Instant) -> Bool {
    lastWritten.map { $0.duration(to: now) >= interval } ?? true
  }

  /// What to write so that the line shows `text`, or `nil` if the last text is too recent.
  mutating func update(_ text: String, at now: ContinuousClock.Instant) -> String? {
    guard isDue(at: now) else { return nil }
    lastWritten = now
    let visible = text.prefix(width)
    // Spaces over what is left of a longer text: a dumb terminal knows no escape sequences.
    let leftOver = String(repeating: " ", count: max(0, shown - visible.count))
    shown = visible.count
    // With the cursor after the text, not after the spaces.
    return "\r\(visible)" + (leftOver.isEmpty ? "" : "\(leftOver)\r\(visible)")
  }

  /// What to write so that the line is empty again, or `nil` if it is. The next text is due at
  /// once.
  mutating func clear() -> String? {
    guard shown > 0 else { return nil }
    let blank = String(repeating: " ", count: shown)
    shown = 0
    lastWritten = nil
    return "\r\(blank)\r"
  }
}
