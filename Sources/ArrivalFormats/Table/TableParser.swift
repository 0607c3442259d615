// SPDX-License-Identifier: Apache-2.0
/// Parses a table in CSV or TSV from chunks of bytes. Memory is bounded by the longest row allowed.
///
/// Append a chunk, then take events until there are none. Repeat this for each chunk. After the
/// last one, call ``finish()`` and take the remaining events. How the input is divided into chunks
/// does not change the events.
///
/// SwiftCSV holds the whole text in one `String`, has no line numbers and stops at the first
/// malformed row, so it does not serve here.
///
/// - Lines end with LF, CR or CRLF. Inside quotes, all of them are text.
/// - A UTF-8 byte order mark is skipped. So are empty lines, and in tables of several columns lines
///   of spaces.
/// - A first line such as `sep=;`, which Excel obeys, names the delimiter and is skipped.
/// - The first record is the header; see ``TableHeader``. A table without a header gets one event
///   of that kind all the same.
/// - Quotes: see ``Dialect/Quoting``. Backslashes have no meaning.
/// - After a malformed row, parsing continues on the line after the first line of that row. If only
///   the number of fields or the encoding is wrong, parsing continues with the next row.
package struct TableParser: Sendable {
  private enum State: Sendable {
    case start
    case skippingLines(Int)
    case header
    case lookahead(FieldSplitter, isSingle: Bool)
    case rows(FieldSplitter)
    /// Drops the rest of a line, and then goes on with rows, or with the header for `nil`.
    case skippingLine(FieldSplitter?)
    case ended
  }

  /// The encoding of the file, for messages. The parser itself reads UTF-8.
  package var encoding = TextEncoding.utf8
  private var configuration: Configuration
  private var hasLookedForSeparator = false
  private var state = State.start
  /// The bytes that were appended and not yet used up, from the first byte of the current row.
  private var pending = ByteQueue()
  private var line = 1
  private var isFinished = false
  private var hasRows = false
  private var headerLine = 1
  private var notes = TableNotes()
  /// Notes that are returned before anything else.
  private var pendingNotes: [TableNote] = []
  private var scanner: RowScanner

  package init(_ configuration: Configuration = .default) {
    self.configuration = configuration
    scanner = RowScanner(limit: configuration.maxRowLength)
  }

  /// Adds the next bytes of the input.
  package mutating func append(_ chunk: UnsafeRawBufferPointer) {
    precondition(
      !isFinished, "append(_:) was called after finish(); make a new parser for each table")
    pending.append(chunk)
  }

  /// Marks the end of the input.
  package mutating func finish() {
    isFinished = true
  }

  /// The next event, or `nil` if more bytes are needed. After ``finish()``, `nil` means the end.
  ///
  /// - Throws: An error if the table as a whole cannot be read. No more events follow.
  package mutating func next() throws(TableError) -> TableEvent? {
    while true {
      if !pendingNotes.isEmpty { return .note(pendingNotes.removeFirst()) }
      switch state {
      case .start:
        guard try skipByteOrderMark() else { return nil }
        state = .skippingLines(configuration.skippedLines)
      case .skippingLines(let count) where count > 0 && !(pending.isEmpty && isFinished):
        guard skipLine() else { return nil }
        state = .skippingLines(count - 1)
      case .skippingLines: state = .header
      case .header:
        guard let header = try nextHeader() else { return nil }
        return .header(header)
      case .lookahead(let splitter, let isSingle):
        guard isFinished || pending.count >= Lookahead.length else { return nil }
        try lookAhead(splitter, isSingle: isSingle)
        state = .rows(splitter)
      case .rows(let splitter):
        if pending.isEmpty, isFinished {
          state = .ended
          if !hasRows { throw .noRows }
          pendingNotes = notes.take()
          continue
        }
        switch nextRow(splitter) {
        case .needsMore: return nil
        case .skipped: continue
        case .event(let event):
          hasRows = true
          return event
        }
      case .skippingLine(let splitter):
        guard skipLine() else { return nil }
        state = splitter.map { .rows($0) } ?? .header
      case .ended:
        return nil
      }
    }
  }
}

extension TableParser {
  private enum Step {
    case needsMore
    case skipped
    case event(TableEvent)
  }

  private mutating func nextRow(_ splitter: FieldSplitter) -> Step {
    if startsComment() {
      state = .skippingLine(splitter)
      return .skipped
    }
    switch scan(splitter.dialect) {
    case .needsMore:
      return .needsMore
    case .malformed(let fault, let recovery):
      let row = MalformedRow(line: line, reason: reason(for: fault))
      switch recovery {
      case .offset(let offset): advance(bytes: offset, lines: 1)
      case .afterNextLineEnd: state = .skippingLine(splitter)
      }
      return .event(.malformed(row))
    case .row(let extent):
      defer { advance(bytes: extent.consumed, lines: extent.lines) }
      // In a table of one column, spaces may be a value.
      let isSkipped =
        splitter.expected == 1 ? extent.length == 0 : pending.isBlank(upTo: extent.length)
      if isSkipped {
        if splitter.expected == 1 { notes.addEmpty(line) }
        return .skipped
      }
      return step(for: fields(of: extent, splitter), splitter)
    }
  }

  private mutating func step(
    for fields: FieldSplitter.Fields, _ splitter: FieldSplitter
  ) -> Step {
    var fields = fields
    if let expected = splitter.expected, fields.found != expected {
      let canPad = fields.found < expected || fields.hasOnlyEmptyExtras
      switch configuration.ragged {
      case .pad where canPad:
        notes.addPadded(line)
        for _ in fields.found..<max(fields.found, expected) { fields.values.append("") }
      case .drop:
        notes.addDropped(line)
        hasRows = true
        return .skipped
      case .error, .pad:
        if fields.openQuote != nil { notes.addOpenQuote(line) }
        return .event(
          .malformed(
            MalformedRow(
              line: line, reason: .fieldCount(expected: expected, found: fields.found))))
      }
    }
    if let field = fields.invalid {
      let reason = MalformedRow.Reason.invalidText(field: field, encoding)
      return .event(.malformed(MalformedRow(line: line, reason: reason)))
    }
    if fields.openQuote != nil { notes.addOpenQuote(line) }
    if splitter.expected == 1, configuration.delimiter == nil || !configuration.isDelimiterCertain {
      notes.addSingle(fields.values[0], line: line)
    }
    return .event(.row(TableRow(line: line, fields: fields.values)))
  }

  private mutating func nextHeader() throws(TableError) -> TableHeader? {
    while true {
      if pending.isEmpty {
        guard isFinished else { return nil }
        state = .ended
        throw .empty
      }
      if startsComment() {
        state = .skippingLine(nil)
        guard skipLine() else { return nil }
        state = .header
        continue
      }
      guard try takeSeparatorLine() else { return nil }
      if !pendingNotes.isEmpty, pending.isEmpty { continue }
      guard let (dialect, guess) = chooseDialect() else { return nil }
      if let format = otherFormat {
        state = .ended
        throw .otherFormat(format)
      }
      switch scan(dialect) {
      case .needsMore:
        return nil
      case .malformed(let fault, _):
        throw malformedHeader(reason(for: fault))
      case .row(let extent) where pending.isBlank(upTo: extent.length):
        advance(bytes: extent.consumed, lines: extent.lines)
      case .row(let extent):
        return try takeHeader(extent, dialect, guess)
      }
    }
  }

  /// Takes a line that names the delimiter, if the table begins with one. Returns `false` if more
  /// bytes are needed.
  private mutating func takeSeparatorLine() throws(TableError) -> Bool {
    if hasLookedForSeparator { return true }
    let start = pending.withBytes { Array($0.prefix(7)) }
    let isNamed = start.prefix(4).elementsEqual("sep=".utf8.prefix(start.count))
    if isNamed, start.count < 7, !isFinished { return false }
    hasLookedForSeparator = true
    guard isNamed, start.count > 5, start[5] == .lineFeed || start[5] == .carriageReturn,
      let delimiter = Delimiter(argument: String(decoding: start[4...4], as: UTF8.self))
    else { return true }
    let isIgnored =
      configuration.isDelimiterCertain && configuration.delimiter.map { $0 != delimiter } ?? false
    pendingNotes.append(
      TableNote(
        line: line,
        text: "this line names the delimiter, and is no row of the table"
          + (isIgnored ? "; --delimiter chose another one" : "")))
    if configuration.delimiter == nil || !configuration.isDelimiterCertain {
      configuration.delimiter = delimiter
      configuration.isDelimiterCertain = true
    }
    let isCRLF = start[5] == .carriageReturn && start.count > 6 && start[6] == .lineFeed
    advance(bytes: isCRLF ? 7 : 6, lines: 1)
    return true
  }

  private mutating func takeHeader(
    _ extent: RowScanner.Extent, _ dialect: Dialect, _ guess: DelimiterGuess?
  ) throws(TableError) -> TableHeader {
    // Checked before names are decoded, so that a binary file is not reported as badly encoded.
    if pending.withBytes({ $0[..<extent.length].contains(0) }) {
      state = .ended
      throw .notText
    }
    let names = fields(of: extent, FieldSplitter(dialect: dialect, expected: nil))
    if let field = names.invalid {
      throw malformedHeader(.invalidText(field: field, encoding))
    }
    headerLine = line
    if let guess, !guess.others.isEmpty {
      let others = guess.others.map(\.name).joined(separator: " and ")
      pendingNotes.append(
        TableNote(
          line: line,
          text:
            "fields are divided by \(guess.delimiter.name), although the line also has \(others);"
            + " --delimiter chooses another"))
    }
    if guess?.delimiter == .colon {
      pendingNotes.append(
        TableNote(
          line: line,
          text: "fields are divided by colon; add --delimiter comma if each line is one field"))
    }
    let splitter = FieldSplitter(dialect: dialect, expected: names.found)
    guard configuration.hasHeader else {
      state =
        configuration.refusesMisfits ? .lookahead(splitter, isSingle: false) : .rows(splitter)
      return TableHeader(line: line, count: names.found)
    }
    let isSingle = guess?.isSingle == true
    state =
      isSingle || configuration.refusesMisfits
      ? .lookahead(splitter, isSingle: isSingle) : .rows(splitter)
    defer { advance(bytes: extent.consumed, lines: extent.lines) }
    return TableHeader(line: line, fields: names.values)
  }

  /// Refuses a table whose header does not fit the lines below it.
  private mutating func lookAhead(
    _ splitter: FieldSplitter, isSingle: Bool
  ) throws(TableError) {
    let isLast = isFinished && pending.count <= Lookahead.length
    if isSingle {
      let quote = configuration.quote
      let divided = pending.withBytes { bytes in
        Lookahead.divided(
          UnsafeBufferPointer(rebasing: bytes.prefix(Lookahead.length)), quote: quote,
          isLast: isLast)
      }
      if let divided {
        state = .ended
        throw .oneColumn(
          line: headerLine, delimiter: divided.delimiter, skip: line - 1 + divided.linesBefore)
      }
    }
    guard configuration.refusesMisfits, let header = splitter.expected else { return }
    let comment = configuration.comment
    let line = line
    // Of a header of one field, the delimiter is not known.
    for delimiter in isSingle ? Lookahead.candidates : [splitter.dialect.delimiter] {
      var dialect = splitter.dialect
      dialect.delimiter = delimiter
      let misfits = pending.withBytes { bytes in
        Lookahead.misfits(
          UnsafeBufferPointer(rebasing: bytes.prefix(Lookahead.length)), header: header, line: line,
          dialect: dialect, comment: comment, isLast: isLast)
      }
      // Names and sentences have a comma too.
      guard let misfits, !isSingle || delimiter != .comma || misfits.fields > 2 else { continue }
      state = .ended
      throw .misfits(
        misfits, header: header, line: headerLine, delimiter: delimiter,
        hasHeader: configuration.hasHeader)
    }
  }

  /// The format of a text that is no table, as its first line shows; `nil` for a table.
  private var otherFormat: String? {
    if configuration.delimiter != nil, configuration.isDelimiterCertain { return nil }
    let line = pending.withBytes { bytes in
      Array(bytes.prefix(64).prefix { $0 != .lineFeed && $0 != .carriageReturn && $0 != 0 })
    }
    let start = String(decoding: line.filter { $0 != .space }, as: UTF8.self).lowercased()
    if ["{\"", "[{", "[["].contains(where: { start.hasPrefix($0) }) || start == "{" || start == "["
    {
      return "JSON; add --format jsonl"
    }
    return ["<!doctype", "<html", "<?xml", "<svg"].contains { start.hasPrefix($0) }
      ? "a document in HTML or XML; give a table" : nil
  }

  private mutating func malformedHeader(_ reason: MalformedRow.Reason) -> TableError {
    state = .ended
    return .malformedHeader(MalformedRow(line: line, reason: reason))
  }

  /// Skips a byte order mark. Returns `false` if more bytes are needed to see whether there is one.
  private mutating func skipByteOrderMark() throws(TableError) -> Bool {
    guard isFinished || pending.count >= 3 else { return false }
    if pending.starts(with: [0xFF, 0xFE]) || pending.starts(with: [0xFE, 0xFF]) {
      state = .ended
      throw .utf16
    }
    if pending.starts(with: [0xEF, 0xBB, 0xBF]) { pending.removeFirst(3) }
    return true
  }

  /// Drops the rest of a line, however long it is. Returns `false` if more bytes are needed.
  private mutating func skipLine() -> Bool {
    var scanner = scanner
    let next = pending.withBytes { scanner.nextLine(in: $0, isLast: isFinished) }
    self.scanner = scanner
    guard let next else {
      // A CR at the end is kept, because an LF may follow it.
      let endsWithReturn = pending.withBytes { $0.last == .carriageReturn }
      advance(bytes: pending.count - (endsWithReturn ? 1 : 0), lines: 0)
      return false
    }
    advance(bytes: next, lines: 1)
    return true
  }

  private func startsComment() -> Bool {
    guard let comment = configuration.comment else { return false }
    return pending.withBytes { $0.first == comment }
  }
}

extension TableParser {
  /// Looks for the end of the current row. The scanner remembers how far it has searched.
  private mutating func scan(_ dialect: Dialect) -> RowScanner.Outcome {
    // Without a byte there is no row, not even an empty one.
    if pending.isEmpty { return .needsMore }
    var scanner = scanner
    let outcome = pending.withBytes {
      scanner.scan($0, isLast: isFinished, dialect: dialect)
    }
    self.scanner = scanner
    return outcome
  }

  /// The dialect of the table, and the guess on which it is based; `nil` if more bytes are needed.
  private mutating func chooseDialect() -> (Dialect, DelimiterGuess?)? {
    let configuration = configuration
    let known = configuration.delimiter
    // Only the quotes of TSV depend on the first record.
    if let known, known != .tab || configuration.quoting != nil {
      let dialect = Dialect(
        delimiter: known, quote: configuration.quote, quoting: configuration.quoting)
      return (dialect, nil)
    }
    let guess = pending.withBytes {
      DelimiterGuess(
        $0, quote: configuration.quote, limit: configuration.maxRowLength, isLast: isFinished)
    }
    guard let guess else { return nil }
    let isAcross = guess.hasLineEndInQuotes ? Dialect.Quoting.acrossLines : nil
    let dialect = Dialect(
      delimiter: known ?? guess.delimiter, quote: configuration.quote,
      quoting: configuration.quoting ?? isAcross)
    guard known != nil else { return (dialect, guess) }
    if configuration.isDelimiterCertain { return (dialect, nil) }
    var doubt = guess
    doubt.others = []
    doubt.isSingle = guess.delimiter != .tab
    return (dialect, doubt)
  }

  private func fields(
    of extent: RowScanner.Extent, _ splitter: FieldSplitter
  ) -> FieldSplitter.Fields {
    pending.withBytes { bytes in
      splitter.fields(
        of: UnsafeBufferPointer(rebasing: bytes[..<extent.length]), hasQuotes: extent.hasQuotes)
    }
  }

  private func reason(for fault: RowScanner.Fault) -> MalformedRow.Reason {
    switch fault {
    case .unterminatedQuote(let openedOn): .unterminatedQuote(openedOn: line + openedOn)
    case .strayCharacter(let strayLine): .strayCharacter(line: line + strayLine)
    case .tooLong(let openedOn):
      .tooLong(limit: configuration.maxRowLength, openedOn: openedOn.map { line + $0 })
    }
  }

  private mutating func advance(bytes: Int, lines: Int) {
    pending.removeFirst(bytes)
    line += lines
    scanner.advance(bytes)
  }
}

extension ByteQueue {
  /// Whether the first bytes are all spaces.
  fileprivate func isBlank(upTo count: Int) -> Bool {
    withBytes { $0[..<count].allSatisfy { $0 == .space } }
  }
}
