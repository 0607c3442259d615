// SPDX-License-Identifier: Apache-2.0
/// The delimiter of a table, guessed from its first record.
///
/// The guess is tab if the record has one outside of quotes. Otherwise it is the most frequent of
/// comma, semicolon and pipe, and of two that are equally frequent the first in this order. A colon
/// counts only if there is none of them. For a record of one field it is comma.
struct DelimiterGuess: Sendable, Hashable {
  /// The candidates in the order in which they are preferred.
  static let candidates: [Delimiter] = [.tab, .comma, .semicolon, .bar, .colon]

  var delimiter: Delimiter
  /// Other candidates that the record has; without colons, which are common in names.
  var others: [Delimiter]
  /// Whether the record has one field.
  var isSingle: Bool
  /// Whether a quoted field of the record extends across a line end.
  var hasLineEndInQuotes: Bool

  /// Guesses from the first record in `bytes`.
  ///
  /// - Parameters:
  ///   - bytes: The pending bytes, from the first byte of the record.
  ///   - limit: The longest record in bytes.
  ///   - isLast: Whether the input ends with `bytes`.
  /// - Returns: `nil` if the record may go on after `bytes`.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, quote: UInt8?, limit: Int, isLast: Bool) {
    let window = min(bytes.count, limit + 1)
    var record = Record(quote: quote)
    var outcome = record.scan(bytes, to: window)
    if outcome == .open {
      guard isLast || bytes.count > limit else { return nil }
      // At the end of the input, an unquoted record ends too.
      outcome = record.isQuoted ? .malformed : .ended
    }
    if outcome == .malformed {
      // The parser reports the record. Its first line gives the guess.
      record = Record(quote: nil)
      _ = record.scan(bytes, to: window)
    }
    let counts = record.counts
    let strong = Self.candidates.indices.dropLast().filter { counts[$0] > 0 }
    let best = strong.max { (counts[$0], $1) < (counts[$1], $0) }
    if counts[0] > 0 {
      delimiter = .tab
    } else if let best {
      delimiter = Self.candidates[best]
    } else {
      delimiter = counts[4] > 0 ? .colon : .comma
    }
    let chosen = delimiter
    others = strong.map { Self.candidates[$0] }.filter { $0 != chosen }
    isSingle = counts.allSatisfy { $0 == 0 }
    hasLineEndInQuotes = outcome == .ended && record.hasLineEndInQuotes
  }

  /// Counts the candidates in a record, outside of quotes.
  private struct Record {
    enum Outcome { case ended, open, malformed }
    private enum State { case fieldStart, unquoted, quoted, afterQuote }

    let quote: UInt8?
    var counts = [0, 0, 0, 0, 0]
    var hasLineEndInQuotes = false
    private var state = State.fieldStart

    init(quote: UInt8?) { self.quote = quote }

    var isQuoted: Bool { state == .quoted }

    mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, to end: Int) -> Outcome {
      for byte in bytes[..<end] {
        let isLineEnd = byte == .lineFeed || byte == .carriageReturn
        switch state {
        case .quoted:
          if byte == quote {
            state = .afterQuote
          } else if isLineEnd {
            hasLineEndInQuotes = true
          }
          continue
        case .afterQuote where byte == quote:
          state = .quoted
          continue
        case .fieldStart where byte == quote:
          state = .quoted
          continue
        case .fieldStart, .unquoted, .afterQuote: break
        }
        if isLineEnd { return .ended }
        if let index = DelimiterGuess.candidates.firstIndex(where: { $0.byte == byte }) {
          counts[index] += 1
          state = .fieldStart
        } else if state == .afterQuote {
          return .malformed
        } else {
          state = .unquoted
        }
      }
      return .open
    }
  }
}
