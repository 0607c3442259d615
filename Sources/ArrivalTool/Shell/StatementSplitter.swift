// SPDX-License-Identifier: Apache-2.0
// The folder `Shell` has what reads GQL from a file, a pipe or a person: `StatementSplitter` finds
// the statements, `LineEditor` is the pure part of editing a line, `LineReading` does its effects,
// and `History` keeps the lines.

#if SQLite
  /// Divides a text into statements of GQL, at semicolons outside of quotes. This is pure.
  ///
  /// Two hyphens outside of quotes begin a comment, which ends with its line. An open quote ends
  /// with its line too, because no string of GQL goes over several lines.
  struct StatementSplitter {
    /// The statements that a semicolon has ended. Each begins with as many lines and columns as are
    /// before it in the whole text, all blank, so that messages name the right place.
    private(set) var statements: [String] = []
    private var text = String.UnicodeScalarView()
    private var line = 0
    private var column = 0
    private var quote: Unicode.Scalar?
    private var isEscaped = false
    private var hyphens = 0
    private var isComment = false

    /// The text after the last semicolon.
    var rest: String { String(text) }

    /// Whether the text after the last semicolon has no statement.
    var isRestEmpty: Bool { text.allSatisfy(Self.isSpace) }

    mutating func append(_ more: String) {
      for scalar in more.unicodeScalars { append(scalar) }
    }

    /// Takes the text after the last semicolon as a statement, if it has one.
    mutating func finish() {
      if !isRestEmpty { statements.append(rest) }
      begin()
    }

    /// Removes the statements that were found.
    mutating func take() -> [String] {
      defer { statements = [] }
      return statements
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
      if scalar == "\n" {
        line += 1
        column = 0
      } else {
        column += 1
      }
      switch scalar {
      case "\n":
        quote = nil
        isEscaped = false
        isComment = false
        hyphens = 0
        text.append(scalar)
      case _ where isComment:
        text.append(" ")
      case _ where quote != nil:
        text.append(scalar)
        if isEscaped {
          isEscaped = false
        } else if scalar == "\\" {
          isEscaped = true
        } else if scalar == quote {
          quote = nil
        }
      case ";":
        if !isRestEmpty { statements.append(rest) }
        begin()
      case "-" where hyphens == 1:
        text.removeLast()
        text.append(contentsOf: "  ".unicodeScalars)
        isComment = true
      default:
        hyphens = scalar == "-" ? 1 : 0
        if scalar == "'" || scalar == "\"" || scalar == "`" { quote = scalar }
        text.append(scalar)
      }
    }

    private mutating func begin() {
      text = String.UnicodeScalarView()
      text.append(contentsOf: repeatElement("\n", count: line))
      text.append(contentsOf: repeatElement(" ", count: column))
      hyphens = 0
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
    }
  }
#endif
