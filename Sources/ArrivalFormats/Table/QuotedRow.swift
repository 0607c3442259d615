/// Walks over a row with quotes to its end, byte by byte, under the rules of RFC 4180.
///
/// A quote opens a quoted field only as the field's first byte; elsewhere it is ordinary text.
/// The walk never looks past the limit, so its outcome does not depend on how the input is cut.
struct QuotedRow: Sendable {
  enum Outcome: Hashable {
    case needsMore
    /// The row ends before the line feed at this offset, or where the input ends.
    case end(Int)
    case fault(RowScanner.Fault)
  }

  private enum Place: Sendable {
    case fieldStart, unquoted, quoted, afterQuote, afterQuoteAndReturn
  }

  private var place = Place.fieldStart
  private var position = 0
  private var openedOn = 0
  /// How many line feeds were passed.
  private(set) var line = 0

  mutating func advance(
    over bytes: UnsafeBufferPointer<UInt8>, limit: Int, isLast: Bool, delimiter: UInt8
  ) -> Outcome {
    let window = min(bytes.count, limit + 1)
    while position < window {
      let byte = bytes[position]
      switch place {
      case .quoted:
        if byte == .quote {
          place = .afterQuote
        } else if byte == .lineFeed {
          line += 1
        }
      case .fieldStart where byte == .quote:
        place = .quoted
        openedOn = line
      case .fieldStart, .unquoted:
        if byte == .lineFeed { return .end(position) }
        place = byte == delimiter ? .fieldStart : .unquoted
      case .afterQuote:
        switch byte {
        case .quote: place = .quoted
        case delimiter: place = .fieldStart
        case .lineFeed: return .end(position)
        case .carriageReturn: place = .afterQuoteAndReturn
        default: return .fault(.strayCharacter(line: line))
        }
      case .afterQuoteAndReturn:
        return byte == .lineFeed ? .end(position) : .fault(.strayCharacter(line: line))
      }
      position += 1
    }
    if position > limit {
      return .fault(.tooLong(openedOn: place == .quoted ? openedOn : nil))
    }
    guard isLast else { return .needsMore }
    return place == .quoted ? .fault(.unterminatedQuote(openedOn: openedOn)) : .end(position)
  }
}
