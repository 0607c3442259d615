/// Finds the end of a row with quotes, byte by byte, by the rules of RFC 4180.
///
/// A quote opens a quoted field only as the first byte of the field. Elsewhere it is ordinary text.
/// Bytes past the limit are never read, so the outcome does not depend on how the input is divided
/// into chunks.
struct QuotedRow: Sendable {
  enum Outcome: Hashable {
    case needsMore
    /// The row ends before the line feed at this offset, or at the end of the input.
    case end(Int)
    case fault(RowScanner.Fault)
  }

  private enum State: Sendable {
    case fieldStart, unquoted, quoted, afterQuote, afterQuoteAndReturn
  }

  private var state = State.fieldStart
  private var position = 0
  private var openedOn = 0
  /// How many line feeds are before the current position.
  private(set) var line = 0

  mutating func advance(
    over bytes: UnsafeBufferPointer<UInt8>, limit: Int, isLast: Bool, delimiter: UInt8
  ) -> Outcome {
    let window = min(bytes.count, limit + 1)
    while position < window {
      let byte = bytes[position]
      switch state {
      case .quoted:
        if byte == .quote {
          state = .afterQuote
        } else if byte == .lineFeed {
          line += 1
        }
      case .fieldStart where byte == .quote:
        state = .quoted
        openedOn = line
      case .fieldStart, .unquoted:
        if byte == .lineFeed { return .end(position) }
        state = byte == delimiter ? .fieldStart : .unquoted
      case .afterQuote:
        switch byte {
        case .quote: state = .quoted
        case delimiter: state = .fieldStart
        case .lineFeed: return .end(position)
        case .carriageReturn: state = .afterQuoteAndReturn
        default: return .fault(.strayCharacter(line: line))
        }
      case .afterQuoteAndReturn:
        return byte == .lineFeed ? .end(position) : .fault(.strayCharacter(line: line))
      }
      position += 1
    }
    if position > limit {
      return .fault(.tooLong(openedOn: state == .quoted ? openedOn : nil))
    }
    guard isLast else { return .needsMore }
    return state == .quoted ? .fault(.unterminatedQuote(openedOn: openedOn)) : .end(position)
  }
}
