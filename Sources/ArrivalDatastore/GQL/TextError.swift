// SPDX-License-Identifier: Apache-2.0
/// An error in a text: what was expected, and where.
///
/// Its description shows the place:
///
/// ```
/// line 1, column 20: expected WHERE, ORDER BY, LIMIT, OFFSET or the end, and found "ODER";
///   did you mean ORDER?
///   SELECT * FROM Task ODER BY due
///                      ^~~~
/// ```
public struct TextError: Error, Sendable, Hashable {
  /// The line, counted from 1. Lines end with a line feed.
  public let line: Int
  /// The column, counted from 1 in Unicode scalars.
  public let column: Int
  /// What is wrong.
  public let message: String
  /// What was probably meant, such as a keyword. `nil` if nothing is similar.
  public let suggestion: String?
  /// The line, or the part of it around the place, and below it a line with a caret.
  public let excerpt: String

  init(
    _ message: String, at range: Range<Int>, of text: [Unicode.Scalar], suggestion: String? = nil
  ) {
    var lineStart = 0
    var line = 1
    let start = min(range.lowerBound, text.count)
    for (offset, scalar) in text[..<start].enumerated() where scalar == "\n" {
      line += 1
      lineStart = offset + 1
    }
    self.line = line
    column = start - lineStart + 1
    self.message = message
    self.suggestion = suggestion
    excerpt = Self.excerpt(of: text, from: lineStart, marking: start..<max(range.upperBound, start))
  }

  private static let before = 50
  private static let after = 26

  private static func excerpt(
    of text: [Unicode.Scalar], from lineStart: Int, marking range: Range<Int>
  ) -> String {
    let start = range.lowerBound
    let lineEnd = text[start...].firstIndex(of: "\n") ?? text.count
    let first = max(lineStart, start - before)
    let last = min(lineEnd, start + after)
    var shown = String.UnicodeScalarView()
    var caret = ""
    if first > lineStart {
      shown.append("…")
      caret += " "
    }
    for (offset, scalar) in zip(first..., text[first..<last]) {
      // A control character would put the caret in the wrong place.
      shown.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
      if offset < start { caret += " " }
    }
    if last < lineEnd { shown.append("…") }
    let width = max(1, min(range.upperBound, last) - start)
    return "  \(String(shown))\n  \(caret)^" + String(repeating: "~", count: width - 1)
  }
}

extension TextError: CustomStringConvertible {
  /// Place, message and suggestion in one line, then the excerpt in two lines.
  public var description: String {
    let hint = suggestion.map { "; did you mean \($0)?" } ?? ""
    return "line \(line), column \(column): \(message)\(hint)\n\(excerpt)"
  }
}
