/// Parses a table in CSV or TSV from chunks of bytes. Memory is bounded by the longest row allowed.
///
/// Append a chunk, then take events until there are none. Repeat this for each chunk. After the
/// last one, call ``finish()`` and take the remaining events. How the input is divided into chunks
/// does not change the events.
///
/// SwiftCSV holds the whole text in one `String`, has no line numbers and stops at the first
/// malformed row, so it does not serve here.
///
/// - Lines end with LF or CRLF. A lone CR is text, but a CR at the end of the input is dropped.
/// - A UTF-8 byte order mark is skipped. Empty lines and lines of spaces are skipped.
/// - The first line that is not skipped is the header; see ``TableHeader``.
/// - Quotes: see ``Dialect/Quoting``. Backslashes have no meaning.
/// - After a malformed row, parsing continues on the line after the first line of that row. If only
///   the number of fields or the encoding is wrong, parsing continues with the next row.
package struct TableParser: Sendable {
  package struct Configuration: Sendable, Hashable {
    /// The byte between two fields; by default, `nil`, it is guessed from the header line.
    package var delimiter: Delimiter?
    /// What quotes mean; by default, `nil`, it depends on the delimiter.
    package var quoting: Dialect.Quoting?
    /// The longest row in bytes, without its line feed; 1 MiB by default.
    package var maxRowLength = 1 << 20

    package static let `default` = Configuration()
  }

  private enum State: Sendable {
    case start
    case header
    case rows(FieldSplitter)
    case skippingLine(FieldSplitter)
    case ended
  }

  private let configuration: Configuration
  private var state = State.start
  /// The bytes that were appended and not yet used up, from the first byte of the current row.
  private var pending = ByteQueue()
  private var line = 1
  private var isFinished = false
  private var hasRows = false
  private var headerHasReturn = false
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
      switch state {
      case .start:
        guard try skipByteOrderMark() else { return nil }
      case .header:
        guard let header = try nextHeader() else { return nil }
        return .header(header)
      case .rows(let splitter):
        if pending.isEmpty, isFinished {
          state = .ended
          if !hasRows { throw .noRows(headerHasReturn: headerHasReturn) }
          return nil
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
        state = .rows(splitter)
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
    switch scan(splitter.dialect) {
    case .needsMore:
      return .needsMore
    case .malformed(let fault, let recovery):
      let row = MalformedRow(line: line, reason: reason(for: fault))
      switch recovery {
      case .offset(let offset): advance(bytes: offset, lines: 1)
      case .afterNextLineFeed: state = .skippingLine(splitter)
      }
      return .event(.malformed(row))
    case .row(let extent):
      if isBlank(extent) {
        advance(bytes: extent.consumed, lines: extent.lines)
        return .skipped
      }
      let rowLine = line
      defer { advance(bytes: extent.consumed, lines: extent.lines) }
      do throws(MalformedRow.Reason) {
        let fields = try fields(of: extent, splitter)
        return .event(.row(TableRow(line: rowLine, fields: fields)))
      } catch {
        return .event(.malformed(MalformedRow(line: rowLine, reason: error)))
      }
    }
  }

  private mutating func nextHeader() throws(TableError) -> TableHeader? {
    while true {
      if pending.isEmpty, isFinished {
        state = .ended
        throw .empty
      }
      guard let dialect = guessDialect() else {
        if pending.count <= configuration.maxRowLength { return nil }
        throw malformedHeader(.tooLong(limit: configuration.maxRowLength, openedOn: nil))
      }
      switch scan(dialect) {
      case .needsMore:
        return nil
      case .malformed(let fault, _):
        throw malformedHeader(reason(for: fault))
      case .row(let extent) where isBlank(extent):
        advance(bytes: extent.consumed, lines: extent.lines)
      case .row(let extent):
        return try takeHeader(extent, dialect)
      }
    }
  }

  private mutating func takeHeader(
    _ extent: RowScanner.Extent, _ dialect: Dialect
  ) throws(TableError) -> TableHeader {
    // Checked before names are decoded, so that a binary file is not reported as badly encoded.
    if pending.withBytes({ $0[..<extent.length].contains(0) }) {
      state = .ended
      throw .notText
    }
    let names: [String]
    do throws(MalformedRow.Reason) {
      names = try fields(of: extent, FieldSplitter(dialect: dialect, expected: nil))
    } catch {
      throw malformedHeader(error)
    }
    let header = TableHeader(line: line, fields: names)
    headerHasReturn = names.contains { $0.utf8.contains(.carriageReturn) }
    state = .rows(FieldSplitter(dialect: dialect, expected: names.count))
    advance(bytes: extent.consumed, lines: extent.lines)
    return header
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
    state = .header
    return true
  }

  /// Drops the rest of a line that is too long. Returns `false` if more bytes are needed.
  private mutating func skipLine() -> Bool {
    let lineFeed = pending.withBytes { $0.offset(of: .lineFeed, from: 0, to: $0.count) }
    guard let lineFeed else {
      pending.removeAll()
      return isFinished
    }
    advance(bytes: lineFeed + 1, lines: 1)
    return true
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

  private mutating func guessDialect() -> Dialect? {
    var scanner = scanner
    let dialect = pending.withBytes { bytes -> Dialect? in
      guard let end = scanner.firstLine(in: bytes, isLast: isFinished) else { return nil }
      let delimiter =
        configuration.delimiter ?? .guessed(from: UnsafeBufferPointer(rebasing: bytes[..<end]))
      return Dialect(delimiter: delimiter, quoting: configuration.quoting)
    }
    self.scanner = scanner
    return dialect
  }

  private func fields(
    of extent: RowScanner.Extent, _ splitter: FieldSplitter
  ) throws(MalformedRow.Reason) -> [String] {
    try pending.withBytes { (bytes) throws(MalformedRow.Reason) -> [String] in
      try splitter.fields(
        of: UnsafeBufferPointer(rebasing: bytes[..<extent.length]), hasQuotes: extent.hasQuotes)
    }
  }

  private func isBlank(_ extent: RowScanner.Extent) -> Bool {
    pending.withBytes { bytes in
      bytes[..<extent.length].allSatisfy { $0 == .space || $0 == .carriageReturn }
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
    scanner = RowScanner(limit: configuration.maxRowLength)
  }
}
