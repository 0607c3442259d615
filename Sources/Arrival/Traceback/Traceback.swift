// SPDX-License-Identifier: Apache-2.0
// How a throw becomes source lines, file by file:
// - `ThrowRecorder` notes the addresses of the throw, and a `Trace` joins them to the futures that
//   the error passes. Nothing is looked up yet.
// - `Symbolicator` finds what is at an address when somebody reads the traceback.
// - `FrameBuilder` makes frames of that, and hides those of Arrival and the Swift runtime.
// - `Traceback+Formatting` writes one traceback, with the lines that `SourceReader` reads, and
//   `ReportFormatter` an error with its causes.

/// Where an error came from, and which futures it passed through. Immutable; reading it changes
/// nothing.
///
/// ```swift
/// if let traceback = future.getTraceback() { traceback.print() }
/// ```
///
/// The most recent call is last. Functions, files and lines are looked up when they are read, so a
/// traceback that nobody reads costs nothing. <doc:Tracebacks> explains the text.
public struct Traceback: Sendable, CustomStringConvertible {
  let storage: Storage

  enum Storage: Sendable {
    case frames([Frame])
    case trace(Trace)
  }

  /// A traceback of given frames, the most recent call last.
  public init(frames: [Frame]) { storage = .frames(frames) }

  init(_ trace: Trace) { storage = .trace(trace) }

  /// The text with its heading; see ``format(limit:options:)``.
  public var description: String { format() }

  /// A position in the program that an error passed.
  public struct Frame: Sendable, Hashable, CustomStringConvertible {
    /// What happened at the position.
    public enum Kind: Sendable, Hashable {
      /// A function called the one in the next frame.
      case call
      /// An async function awaited the one in the next frame.
      case asyncCall
      /// A future was created there. The error passed through that future.
      case creation(future: String?)
      /// A promise was failed there.
      case failure
    }

    /// The function, such as `load(_:)`.
    public let function: String
    /// The file, if it is known: a full path, or `#fileID` of the place where a future was created.
    public let file: String?
    /// The line, counted from 1, if it is known.
    public let line: Int?
    /// The column, counted from 1, if it is known.
    public let column: Int?
    /// What happened at the position.
    public let kind: Kind
    /// Whether the function belongs to Arrival or the Swift runtime. Such frames are hidden by
    /// default.
    public let isRuntime: Bool

    /// A frame from what is known of a position.
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

    /// The frame on one line, such as `File "/src/App/main.swift", line 12, in load(_:)`.
    public var description: String { describe(awaitedBy: nil) }

    /// - Parameter awaiting: the creation of the future that awaited this frame's future.
    func describe(awaitedBy awaiting: Kind?) -> String {
      let file = file.flatMap(\.nonEmpty) ?? "<unknown>"
      let line = line.map { ", line \($0)" } ?? ""
      let function = function.nonEmpty ?? "<unknown>"
      return "File \"\(file)\"\(line), in \(function)\(remark(awaitedBy: awaiting))"
    }

    private func remark(awaitedBy awaiting: Kind?) -> String {
      switch kind {
      case .call, .asyncCall: ""
      case .failure: " (promise failed)"
      case .creation(let name):
        switch awaiting {
        case .creation(let other):
          " (\(Self.future(name)) created, awaited by"
            + " \(Self.future(other, unnamed: "the future above")))"
        case nil, .call, .asyncCall, .failure: " (\(Self.future(name)) created)"
        }
      }
    }

    private static func future(_ name: String?, unnamed: String = "future") -> String {
      // A frame is one line, whatever the name is.
      let words = (name ?? "").split(whereSeparator: \.isWhitespace)
      return words.isEmpty ? unnamed : "future \"\(words.joined(separator: " "))\""
    }
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
