// SPDX-License-Identifier: Apache-2.0
extension Traceback {
  /// What the text of a ``Traceback`` or an ``ErrorReport`` shows.
  public struct FormatOptions: Sendable, Hashable {
    /// Shows the frames of Arrival and the Swift runtime too; default: no.
    public var includesRuntime = false
    /// Shows the source lines of files that can be read; default: yes.
    public var includesSource = true

    /// The default options.
    public static let `default` = FormatOptions()

    /// The default options, to be changed.
    public init() {}
  }

  /// The text of the traceback: a heading, then one line for each frame, with the source line below
  /// it if the file can be read.
  ///
  /// Ends with a newline; empty if there are no frames.
  ///
  /// Of more than three equal frames in a row, three are shown, and then how many follow.
  ///
  /// - Parameters:
  ///   - limit: how many frames are shown: above zero the oldest, below zero the most recent, at
  ///     zero none; `nil` for all.
  ///   - options: what is shown.
  public func format(limit: Int? = nil, options: FormatOptions = .default) -> String {
    var source = SourceReader()
    return format(limit: limit, options: options, source: &source)
  }

  /// Writes the text of the traceback to standard error; see ``format(limit:options:)``.
  public func print(limit: Int? = nil, options: FormatOptions = .default) {
    writeTextToStandardError(format(limit: limit, options: options))
  }

  func format(
    limit: Int?, options: FormatOptions, source: inout SourceReader
  ) -> String {
    let frames = frames(limit: limit, includingRuntime: options.includesRuntime)
    if frames.isEmpty { return "" }
    var lines = FrameLines(text: "Traceback (most recent call last):\n")
    for frame in frames {
      lines.add(frame) { options.includesSource ? source.line(of: frame) : nil }
    }
    lines.endRun()
    return lines.text
  }

  /// The frames on one line, without the creation of the future, if that is the first. Of more than
  /// twelve the middle ones are left out: an error may have passed through thousands of futures.
  var summary: String {
    let (oldest, mostRecent) = (4, 8)
    var all = frames(limit: 1 + oldest + mostRecent + 1, includingRuntime: false)[...]
    if case .creation = all.first?.kind { all.removeFirst() }
    if all.count <= oldest + mostRecent { return Self.line(of: all) }
    let end = frames(limit: -mostRecent, includingRuntime: false)
    return "\(Self.line(of: all.prefix(oldest))); …; \(Self.line(of: end))"
  }

  private static func line(of frames: some Sequence<Frame>) -> String {
    frames.map(\.description).joined(separator: "; ")
  }
}

extension SourceReader {
  /// The source line of a frame; `nil` if it cannot be read.
  mutating func line(of frame: Traceback.Frame) -> String? {
    guard let line = frame.line, let file = frame.file else { return nil }
    return self.line(line, of: file)
  }
}

/// Writes a text that ends with a newline to standard error, in one piece.
func writeTextToStandardError(_ text: String) {
  if !text.isEmpty { writeToStandardError(String(text.dropLast())) }
}

/// The lines of frames, with equal frames collapsed.
private struct FrameLines {
  /// How many equal frames in a row are shown.
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
  /// Whether the text of the other frame would be the same.
  fileprivate func isRepeated(by other: Self) -> Bool {
    line == other.line && function == other.function && file == other.file && kind == other.kind
  }
}
