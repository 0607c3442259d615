// SPDX-License-Identifier: Apache-2.0
/// A place in the source: function, file and line.
///
/// Holds pointers into the program's constants, so making one costs nothing.
public struct SourceSite: Sendable, Hashable, CustomStringConvertible {
  // Points to a string literal, which lives as long as the program.
  @usableFromInline nonisolated(unsafe) let functionStart: UnsafePointer<UInt8>?
  // Points to a string literal too.
  @usableFromInline nonisolated(unsafe) let fileStart: UnsafePointer<UInt8>?
  @usableFromInline let lineNumber: UInt32

  /// A site from the values of `#function`, `#fileID` and `#line`.
  @inlinable
  public init(function: StaticString, file: StaticString, line: UInt) {
    functionStart = function.hasPointerRepresentation ? function.utf8Start : nil
    fileStart = file.hasPointerRepresentation ? file.utf8Start : nil
    lineNumber = UInt32(clamping: line)
  }

  /// The function's name, such as `load(_:)`.
  public var function: String { functionStart.map { String(cString: $0) } ?? "?" }
  /// The file as `#fileID` names it, such as `App/main.swift`.
  public var file: String { fileStart.map { String(cString: $0) } ?? "?" }
  /// The line, counted from 1.
  public var line: Int { Int(lineNumber) }

  public var description: String { "\(function) at \(file):\(lineNumber)" }

  public static func == (a: SourceSite, b: SourceSite) -> Bool {
    a.line == b.line && a.file == b.file && a.function == b.function
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(line)
    hasher.combine(file)
  }
}
