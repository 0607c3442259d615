/// Where an error came from and the way it came. Immutable; reading it changes nothing.
///
/// Frames are in Python's order, the most recent call last.
public struct Traceback: Sendable, Hashable, CustomStringConvertible {
  /// One place on the way.
  public struct Frame: Sendable, Hashable, CustomStringConvertible {
    /// How the place belongs to the way.
    public enum Kind: Sendable, Hashable {
      /// A function that called the next one.
      case call
      /// An async function that awaited the next one.
      case asyncCall
      /// A future was made there; the error passed through it.
      case creation(future: String?)
      /// A promise was failed there.
      case failure
    }

    /// The function, such as `load(_:)`.
    public let function: String
    /// The file, as far as it is known.
    public let file: String?
    /// The line, counted from 1, as far as it is known.
    public let line: Int?
    /// The column, counted from 1, as far as it is known.
    public let column: Int?
    public let kind: Kind
    /// Part of Arrival or the Swift runtime; hidden unless asked for.
    public let isRuntime: Bool

    public init(
      function: String, file: String? = nil, line: Int? = nil, column: Int? = nil,
      kind: Kind = .call, isRuntime: Bool = false
    ) {
      self.function = function
      self.file = file
      self.line = line
      self.column = column
      self.kind = kind
      self.isRuntime = isRuntime
    }

    init(_ site: SourceSite, kind: Kind) {
      self.init(function: site.function, file: site.file, line: site.line, kind: kind)
    }

    public var description: String {
      let what =
        switch kind {
        case .call: ""
        case .asyncCall: " (awaited)"
        case .creation(let name): name.map { " (future \"\($0)\" created)" } ?? " (future created)"
        case .failure: " (failed)"
        }
      return
        "  File \"\(file ?? "?")\", line \(line.map(String.init) ?? "?"), in \(function)\(what)"
    }
  }

  /// The frames, the most recent call last.
  public let frames: [Frame]

  init(frames: [Frame]) { self.frames = frames }

  init(_ trace: Trace) { self.init(frames: trace.frames) }

  /// The text of the traceback, a line a frame, under Python's heading. Ends with a newline.
  public func format() -> String {
    "Traceback (most recent call last):\n" + frames.map { "\($0)\n" }.joined()
  }

  public var description: String { format() }
}
