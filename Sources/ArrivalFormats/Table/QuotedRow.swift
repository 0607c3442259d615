// SPDX-License-Identifier: Apache-2.0
/// Finds the end of a row with quotes, byte by byte, by the rules of RFC 4180.
///
/// A quote opens a quoted field only as the first byte of the field. Elsewhere it is ordinary text.
/// Bytes past the limit are never read, so the outcome does not depend on how the input is divided
/// into chunks.
struct QuotedRow: Sendable {
  enum Outcome: Hashable {
    case needsMore
    /// The row ends before the line end at this offset, or at the end of the input.
    case end(Int)
    case fault(RowScanner.Fault)
  }

  private enum State: Sendable {
    case fieldStart, unquoted, quoted, afterQuote
  }

  private let quote: UInt8
  private let delimiter: UInt8
  private var state = State.fieldStart
  private var position = 0
  private var openedOn = 0
  private var followsReturn = false
  /// How many line ends are before the current position.
  private(set) var line = 0

  init(quote: UInt8, delimiter: UInt8) {
    self.quote = quote
    self.delimiter = delimiter
  }

  mutating func advance(
    over bytes: UnsafeBufferPointer<UInt8>, limit: Int, isLast: Bool
  ) -> Outcome {
    let window = min(bytes.count, limit + 1)
    while position < window {
      let byte = bytes[position]
      switch state {
      case .quoted:
        // CR and LF together end one line.
        if byte == quote {
          state = .afterQuote
        } else if byte == .carriageReturn || byte == .lineFeed && !followsReturn {
          line += 1
        }
        followsReturn = byte == .carriageReturn
      case .fieldStart where byte == quote:
        state = .quoted
        openedOn = line
        followsReturn = false
      case .fieldStart, .unquoted:
        if byte == .lineFeed || byte == .carriageReturn { return .end(position) }
        state = byte == delimiter ? .fieldStart : .unquoted
      case .afterQuote:
        switch byte {
        case quote: state = .quoted
        case delimiter: state = .fieldStart
        case .lineFeed, .carriageReturn: return .end(position)
        default: return .fault(.strayCharacter(line: line))
        }
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
