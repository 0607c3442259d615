// SPDX-License-Identifier: Apache-2.0
/// An element of a table: the header once, then a row or a malformed row for each record.
package enum TableEvent: Sendable, Hashable {
  case header(TableHeader)
  case row(TableRow)
  case malformed(MalformedRow)
  case note(TableNote)
}

/// A sentence about a table, none of whose rows is lost: a choice that another reader might make
/// differently, or rows that the caller asked to leave out.
package struct TableNote: Sendable, Hashable, CustomStringConvertible {
  /// The line that shows the reason; the first line of the input is 1.
  package var line: Int
  package var text: String

  package init(line: Int, text: String) {
    self.line = line
    self.text = text
  }

  package var description: String { "line \(line): \(text)" }
}

/// A record of a table, with as many fields as the header has columns.
package struct TableRow: Sendable, Hashable {
  /// The line on which the row begins; the first line of the input is 1.
  package var line: Int
  package var fields: [String]

  package init(line: Int, fields: [String]) {
    self.line = line
    self.fields = fields
  }
}

/// A record that cannot be read. The rows below it are read all the same.
package struct MalformedRow: Sendable, Hashable, CustomStringConvertible {
  package enum Reason: Sendable, Hashable {
    /// The row has more or fewer fields than the header has columns.
    case fieldCount(expected: Int, found: Int)
    /// The input ends inside a quoted field that begins on line `openedOn`.
    case unterminatedQuote(openedOn: Int)
    /// On line `line`, a closing quote is followed by neither a delimiter nor the end of the line.
    case strayCharacter(line: Int)
    /// Field number `field`, counted from 1, has bytes that stand for no character.
    case invalidText(field: Int, TextEncoding)
    /// The row has over `limit` bytes, perhaps because nothing closes a quote on line `openedOn`.
    case tooLong(limit: Int, openedOn: Int?)
  }

  /// The line on which the row begins; the first line of the input is 1.
  package var line: Int
  package var reason: Reason

  package var description: String { "line \(line): \(reason)" }
}

extension MalformedRow.Reason: CustomStringConvertible {
  package var description: String {
    switch self {
    case .fieldCount(let expected, let found):
      "expected \(counted(expected, "field")), found \(grouped(found)); "
        + (found < expected
          ? "--ragged pad adds empty fields, and --ragged drop leaves such rows out"
          : "write quotes around a field that has the delimiter, or leave such rows out with"
            + " --ragged drop")
    case .unterminatedQuote(let line):
      "the quote opened on line \(line) is never closed"
    case .strayCharacter(let line):
      "on line \(line) a closing quote is followed by more text;"
        + " write a quote inside a quoted field twice"
    case .invalidText(let field, .utf8):
      "field \(field) is not valid UTF-8; save the table as UTF-8, or name its encoding with"
        + " --encoding latin-1 or --encoding windows-1252"
    case .invalidText(let field, let encoding):
      "field \(field) is not valid \(encoding.name); save the table as UTF-8"
    case .tooLong(let limit, nil):
      "the row is longer than \(grouped(limit)) bytes"
    case .tooLong(let limit, let line?):
      "the row is longer than \(grouped(limit)) bytes; is the quote opened on line \(line)"
        + " never closed?"
    }
  }
}
