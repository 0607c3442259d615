extension Traceback {
  /// What a text of a ``Traceback`` or an ``ErrorReport`` shows.
  public struct FormatOptions: Sendable, Hashable {
    /// Shows the frames of Arrival and the Swift runtime too; default: no.
    public var includesRuntime = false
    /// Shows the source lines of files that can be read; default: yes.
    public var includesSource = true
    /// Shows the errors behind the error, in a report; default: yes.
    public var includesCauses = true
    /// How many errors of one group are shown, in a report; default: 15.
    public var maxGroupWidth = 15
    /// How deep groups in groups are shown, in a report; default: 10. At most 100.
    public var maxGroupDepth = 10

    /// What Python shows.
    public static let `default` = FormatOptions()

    /// The default options, to be changed.
    public init() {}
  }

  /// The text of the traceback: Python's heading, a line a frame, and below it the source line if
  /// its file can be read. Ends with a newline; empty if there are no frames.
  ///
  /// After three equal frames in a row come not the others but how many there are.
  ///
  /// - Parameters:
  ///   - limit: how many frames at most: above zero the oldest, below zero the most recent, at zero
  ///     none; `nil` for all.
  ///   - options: what is shown.
  public func format(limit: Int? = nil, options: FormatOptions = .default) -> String {
    var source = SourceReader()
    return format(limit: limit, options: options, source: &source)
  }

  /// Writes the text of the traceback to a stream; see ``format(limit:options:)``.
  public func print(
    to stream: inout some TextOutputStream, limit: Int? = nil, options: FormatOptions = .default
  ) {
    stream.write(format(limit: limit, options: options))
  }

  /// Writes the text of the traceback to standard error; see ``format(limit:options:)``.
  public func print(limit: Int? = nil, options: FormatOptions = .default) {
    writeTextToStandardError(format(limit: limit, options: options))
  }

  static let heading = "Traceback (most recent call last):\n"

  /// - Parameter heading: stands above the frames, if there are any.
  func format(
    limit: Int?, options: FormatOptions, heading: String = heading, source: inout SourceReader
  ) -> String {
    let frames = frames(limit: limit, includingRuntime: options.includesRuntime)
    if frames.isEmpty { return "" }
    var lines = FrameLines(text: heading)
    for frame in frames {
      lines.add(frame) { options.includesSource ? source.line(of: frame) : nil }
    }
    lines.endRun()
    return lines.text
  }
}

/// Writes a text that ends with a newline to standard error, in one piece.
func writeTextToStandardError(_ text: String) {
  if !text.isEmpty { writeToStandardError(String(text.dropLast())) }
}

/// The lines of frames, equal ones collapsed.
private struct FrameLines {
  /// How many equal frames in a row are shown, as in Python.
  private static let maxRepeats = 3

  var text: String
  private var last: Traceback.Frame?
  private var repeats = 0
  private var lastCreation: Traceback.Frame.Kind?

  init(text: String) { self.text = text }

  mutating func add(_ frame: Traceback.Frame, sourceLine: () -> String?) {
    if let last, !last.isRepeated(by: frame) { endRun() }
    last = frame
    repeats += 1
    if repeats > Self.maxRepeats { return }
    text += "  \(frame.describe(awaitedBy: lastCreation))\n"
    if case .creation = frame.kind { lastCreation = frame.kind }
    if let line = sourceLine() { text += "    \(line)\n" }
  }

  /// Says how many equal frames were left out.
  mutating func endRun() {
    let more = repeats - Self.maxRepeats
    if more > 0 { text += "  [Previous line repeated \(more) more time\(more > 1 ? "s" : "")]\n" }
    repeats = 0
  }
}

extension Traceback.Frame {
  /// Whether a reader would take the other frame for this one again.
  fileprivate func isRepeated(by other: Self) -> Bool {
    line == other.line && function == other.function && file == other.file && kind == other.kind
  }
}
