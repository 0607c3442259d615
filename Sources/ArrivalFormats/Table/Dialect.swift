// SPDX-License-Identifier: Apache-2.0
/// How the lines of a table are divided into fields.
package struct Dialect: Sendable, Hashable {
  /// What a quote at the beginning of a field means.
  package enum Quoting: Sendable, Hashable {
    /// RFC 4180: the field extends to its closing quote, across line ends. The default for CSV, and
    /// for TSV whose header has a quoted field with a line end.
    case acrossLines
    /// The field is quoted if a quote closes it on the same line, before a delimiter or the end of
    /// the line. Any other quote is ordinary text. The default for TSV.
    ///
    /// Spreadsheets write TSV with some fields quoted. Database dumps have no quoting, and a title
    /// in them may begin with a quote that nothing closes. This rule reads both, and a stray quote
    /// never swallows the rows below it.
    case withinLine
  }

  var delimiter: Delimiter
  /// The quote; `nil` if every quote is ordinary text.
  var quote: UInt8? = .quote
  var quoting: Quoting

  init(delimiter: Delimiter, quote: UInt8? = .quote, quoting: Quoting? = nil) {
    self.delimiter = delimiter
    self.quote = quote
    self.quoting = quoting ?? (delimiter == .tab ? .withinLine : .acrossLines)
  }
}

/// The byte between two fields.
package struct Delimiter: Sendable, Hashable {
  package var byte: UInt8

  package static let tab = Delimiter(byte: .tab)
  package static let comma = Delimiter(byte: .comma)
  package static let semicolon = Delimiter(byte: .semicolon)
  package static let bar = Delimiter(byte: .bar)
  package static let colon = Delimiter(byte: .colon)

  init(byte: UInt8) {
    self.byte = byte
  }

  /// The delimiter that an argument on the command line names.
  ///
  /// The argument is a name, such as `tab` or `pipe`, or one ASCII character other than a quote or
  /// a line end. Anything else gives `nil`.
  package init?(argument: String) {
    switch argument {
    case "tab", "\\t": self = .tab
    case "comma": self = .comma
    case "semicolon": self = .semicolon
    case "pipe", "bar": self = .bar
    case "colon": self = .colon
    case "space": self.init(byte: .space)
    default:
      let bytes = Array(argument.utf8)
      guard bytes.count == 1, bytes[0] < 0x80 else { return nil }
      guard ![.quote, .lineFeed, .carriageReturn, 0].contains(bytes[0]) else { return nil }
      self.init(byte: bytes[0])
    }
  }

  /// The name in messages.
  package var name: String {
    switch self {
    case .tab: "tab"
    case .comma: "comma"
    case .semicolon: "semicolon"
    case .bar: "pipe"
    case .colon: "colon"
    default: String(Unicode.Scalar(byte))
    }
  }
}
