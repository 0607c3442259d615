/// How the lines of a table are divided into fields.
package struct Dialect: Sendable, Hashable {
  /// What a quote at the beginning of a field means.
  package enum Quoting: Sendable, Hashable {
    /// RFC 4180: the field extends to its closing quote, across line ends. The default for CSV.
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
  var quoting: Quoting

  init(delimiter: Delimiter, quoting: Quoting? = nil) {
    self.delimiter = delimiter
    self.quoting = quoting ?? (delimiter == .tab ? .withinLine : .acrossLines)
  }
}

/// The byte between two fields.
package struct Delimiter: Sendable, Hashable {
  package var byte: UInt8

  package static let tab = Delimiter(byte: .tab)
  package static let comma = Delimiter(byte: .comma)
  package static let semicolon = Delimiter(byte: .semicolon)

  init(byte: UInt8) {
    self.byte = byte
  }

  /// The delimiter that an argument on the command line names.
  ///
  /// The argument is `tab`, `comma`, `semicolon`, or one ASCII character other than a quote or a
  /// line end. Anything else gives `nil`.
  package init?(argument: String) {
    switch argument {
    case "tab", "\\t": self = .tab
    case "comma": self = .comma
    case "semicolon": self = .semicolon
    default:
      let bytes = Array(argument.utf8)
      guard bytes.count == 1, bytes[0] < 0x80 else { return nil }
      guard ![.quote, .lineFeed, .carriageReturn, 0].contains(bytes[0]) else { return nil }
      self.init(byte: bytes[0])
    }
  }

  /// A guess at the delimiter of the table that begins with `headerLine`.
  ///
  /// The guess is tab if the line has one, otherwise the more frequent of comma and semicolon. For
  /// a table of one column it is comma.
  static func guessed(from headerLine: UnsafeBufferPointer<UInt8>) -> Delimiter {
    var tabs = 0
    var commas = 0
    var semicolons = 0
    var isQuoted = false
    for byte in headerLine {
      switch byte {
      case .quote: isQuoted.toggle()
      case .tab where !isQuoted: tabs += 1
      case .comma where !isQuoted: commas += 1
      case .semicolon where !isQuoted: semicolons += 1
      default: break
      }
    }
    if tabs > 0 { return .tab }
    return semicolons > commas ? .semicolon : .comma
  }
}
