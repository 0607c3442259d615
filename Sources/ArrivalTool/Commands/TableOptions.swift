// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser
  internal import ArrivalFormats

  /// How types of columns are chosen.
  enum TypeChoice: String, ExpressibleByArgument, CaseIterable {
    case string, auto
  }

  /// The options that describe a table.
  struct TableOptions: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "The separator: tab, comma, semicolon, pipe, colon or one character. Default: guessed.",
        valueName: "character"))
    var delimiter: String?
    @Option(
      help: ArgumentHelp(
        "The quote around fields, or none. Default: a double quote.", valueName: "character"))
    var quote: String?
    @Flag(help: "The first line is a row. The columns are called column_1, column_2 and so on.")
    var noHeader = false
    @Option(
      help: ArgumentHelp("How many lines above the table to leave out.", valueName: "lines"))
    var skip: Int?
    @Option(
      help: ArgumentHelp(
        "Leaves out lines that begin with this character, such as '#'.", valueName: "character"))
    var comment: String?
    @Option(
      help: """
        What to do with a row that has another number of fields than the header: error reports it, \
        pad adds empty fields, drop leaves the row out.
        """) var ragged: TableParser.Configuration.Ragged?
    @Option(
      help: """
        string makes every column without --type one of strings; auto reads the whole table first, \
        and chooses integer, double, boolean or timestamp where no field loses anything.
        """) var types: TypeChoice?
    @Option(
      name: .customLong("null"),
      help: ArgumentHelp(
        "A field that stands for null, in all columns; '' for empty fields. Repeatable.",
        valueName: "field"))
    var nulls: [String] = []

    /// An option that was given.
    var given: String? {
      [
        ("--delimiter", delimiter != nil), ("--quote", quote != nil), ("--no-header", noHeader),
        ("--skip", skip != nil), ("--comment", comment != nil), ("--ragged", ragged != nil),
        ("--types", types != nil), ("--null", !nulls.isEmpty),
      ].first { $0.1 }?.0
    }

    func configuration(_ format: ImportFormat) throws -> TableParser.Configuration {
      var parsing = TableParser.Configuration.default
      if format == .tsv {
        parsing.delimiter = .tab
        parsing.isDelimiterCertain = delimiter != nil
      }
      if let delimiter {
        guard let known = Delimiter(argument: delimiter) else {
          throw ValidationError(
            """
            --delimiter "\(delimiter)" is not tab, comma, semicolon, pipe, colon or one ASCII \
            character
            """)
        }
        parsing.delimiter = known
      }
      if let quote {
        parsing.quote = quote == "none" ? nil : try Self.byte(quote, of: "--quote")
        // Who names the quote knows that fields are quoted.
        parsing.quoting = .acrossLines
      }
      if let quote = parsing.quote, quote == parsing.delimiter?.byte {
        throw ValidationError("--quote and --delimiter are the same character")
      }
      parsing.hasHeader = !noHeader
      if let skip {
        guard skip >= 0 else {
          throw ValidationError("--skip needs a number of lines, not \(skip)")
        }
        parsing.skippedLines = skip
      }
      if let comment { parsing.comment = try Self.byte(comment, of: "--comment") }
      parsing.ragged = ragged ?? .error
      parsing.refusesMisfits = ragged == nil
      return parsing
    }

    private static func byte(_ text: String, of option: String) throws -> UInt8 {
      let bytes = Array(text.utf8)
      guard bytes.count == 1, bytes[0] < 0x80, ![0x0A, 0x0D].contains(bytes[0]) else {
        throw ValidationError("\(option) \"\(text)\" is not one ASCII character")
      }
      return bytes[0]
    }
  }

  extension TableParser.Configuration.Ragged: ExpressibleByArgument {}

  extension TextEncoding: ExpressibleByArgument {}
#endif
