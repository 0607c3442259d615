extension Traceback {
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
    /// How the place belongs to the way.
    public let kind: Kind
    /// Part of Arrival or the Swift runtime; hidden unless asked for.
    public let isRuntime: Bool

    /// A frame of what is known of a place.
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

    /// The text of the source line, without the white space around it; `nil` if the file is not
    /// there, is not named by its full path, or has no such line. Reads the file.
    public var sourceLine: String? {
      var reader = SourceReader()
      return reader.line(of: self)
    }

    /// The place on one line, such as `File "/src/App/main.swift", line 12, in load(_:)`.
    public var description: String { describe(awaitedBy: nil) }

    /// - Parameter awaiting: the future above whose way goes on with this frame's future.
    func describe(awaitedBy awaiting: Kind?) -> String {
      let line = line.map { ", line \($0)" } ?? ""
      let place = "File \"\(file ?? "<unknown>")\"\(line), in "
      return place + (function.isEmpty ? "<unknown>" : function) + remark(awaitedBy: awaiting)
    }

    private func remark(awaitedBy awaiting: Kind?) -> String {
      switch kind {
      case .call, .asyncCall: ""
      case .failure: " (promise failed)"
      case .creation(let name):
        switch awaiting {
        case .creation(let other):
          " (\(Self.future(name)) created, awaited by"
            + " \(other == nil ? "the future above" : Self.future(other)))"
        case nil, .call, .asyncCall, .failure: " (\(Self.future(name)) created)"
        }
      }
    }

    private static func future(_ name: String?) -> String {
      guard let name else { return "future" }
      // A frame is one line, whatever it was named.
      return "future \"\(name.split(whereSeparator: \.isNewline).joined(separator: " "))\""
    }
  }
}
