/// Reads the lines of a source. Memory is bounded by the longest line allowed.
///
/// A read blocks for as long as a slow pipe takes.
package final class LineReader {
  /// A line without its line feed. `bytes` is `nil` if the line is too long.
  package struct Line {
    package var number: Int
    package var bytes: [UInt8]?
  }

  /// The longest line in bytes: enough for an entity of 1 MiB with every byte escaped.
  package static let maxLength = 8 << 20

  private let input: ByteInput
  private var pending = ByteQueue()
  /// How many pending bytes were searched for a line feed.
  private var searched = 0
  private var number = 0
  private var isAtEnd = false
  /// The beginning of the current line was dropped because the line is too long.
  private var isSkipping = false

  /// Opens the source. Throws if it is missing, a directory, or may not be read.
  package init(_ source: InputSource) throws(InputError) {
    input = try ByteInput(source)
  }

  /// The next line that is not blank, or `nil` at the end.
  package func next() throws(InputError) -> Line? {
    while true {
      while let end = lineEnd() {
        let line = takeLine(endingAt: end)
        if line.bytes?.allSatisfy(Self.isSpace) != true { return line }
      }
      if pending.count > Self.maxLength || isSkipping {
        isSkipping = true
        pending.removeAll()
        searched = 0
      }
      if isAtEnd {
        guard isSkipping else { return nil }
        isSkipping = false
        return Line(number: number + 1, bytes: nil)
      }
      isAtEnd = try !input.nextChunk { pending.append($0) }
    }
  }

  private func takeLine(endingAt end: Int) -> Line {
    let bytes = pending.withBytes { Array($0[..<end]) }
    pending.removeFirst(min(end + 1, pending.count))
    searched = 0
    number += 1
    // A line that is too long may have ended in the same chunk that made it too long.
    let isTooLong = isSkipping || bytes.count > Self.maxLength
    isSkipping = false
    return Line(number: number, bytes: isTooLong ? nil : bytes)
  }

  private func lineEnd() -> Int? {
    let start = searched
    let found = pending.withBytes { $0.offset(of: .lineFeed, from: start, to: $0.count) }
    searched = pending.count
    if let found { return found }
    return isAtEnd && !pending.isEmpty ? pending.count : nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == .space || byte == .carriageReturn || byte == .tab
  }
}
