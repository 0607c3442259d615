/// How a table's lines are divided into fields.
package struct Dialect: Sendable, Hashable {
  /// What a quote at the beginning of a field means.
  package enum Quoting: Sendable, Hashable {
    /// RFC 4180: the field goes on to its closing quote, over line ends too. The default for CSV.
    case acrossLines
    /// The field is quoted if a quote closes it on the same line, before a delimiter or the end of
    /// the line; any other quote is ordinary text. The default for TSV.
    ///
    /// Files separated by tabs come from two worlds. Spreadsheets quote the odd field; dumps of
    /// databases know no quoting, and a title may begin with a quote that nothing closes. Under
    /// this rule both are read, and no stray quote swallows the rows below it.
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

  /// The delimiter that a user names on a command line: `tab`, `comma`, `semicolon`, or one ASCII
  /// character other than a quote or a line end; `nil` for anything else.
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

  /// The delimiter of the table that begins with `headerLine`: tab if there is one, otherwise the
  /// more frequent of comma and semicolon; comma for a table of one column.
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

extension UInt8 {
  static var tab: UInt8 { 0x09 }
  static var lineFeed: UInt8 { 0x0A }
  static var carriageReturn: UInt8 { 0x0D }
  static var space: UInt8 { 0x20 }
  static var quote: UInt8 { 0x22 }
  static var comma: UInt8 { 0x2C }
  static var semicolon: UInt8 { 0x3B }
}
