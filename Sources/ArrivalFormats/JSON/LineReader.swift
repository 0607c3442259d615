// SPDX-License-Identifier: Apache-2.0
/// Reads the lines of a source. Memory is bounded by the longest line allowed.
///
/// Lines end with LF, CR or CRLF. A byte-order mark at the beginning is not part of the first line.
/// A read blocks for as long as a slow pipe takes.
package final class LineReader {
  /// A line without its line end. `bytes` is `nil` if the line is too long.
  package struct Line {
    package var number: Int
    package var bytes: [UInt8]?
  }

  /// The longest line in bytes: enough for an entity of 1 MiB with every byte escaped.
  package static let maxLength = 8 << 20

  private let input: TextInput
  private var pending: ByteQueue
  private var ends = LineEnds()
  private var number = 0
  private var isAtEnd = false
  /// The beginning of the current line was dropped because the line is too long.
  private var isSkipping = false

  /// Opens the source. Throws if it is missing, a directory, or may not be read.
  package convenience init(
    _ source: InputSource, encoding: TextEncoding? = nil
  ) throws(InputError) {
    let input = try TextInput(source, encoding: encoding)
    var beginning = ByteQueue()
    while beginning.count < 3, try input.nextChunk({ beginning.append($0) }) {}
    if beginning.starts(with: [0xEF, 0xBB, 0xBF]) { beginning.removeFirst(3) }
    self.init(input, beginning: beginning)
  }

  /// Reads the lines of a text of which the first bytes were read already.
  init(_ input: TextInput, beginning: ByteQueue) {
    self.input = input
    pending = beginning
  }

  /// The next line that is not blank, or `nil` at the end.
  package func next() throws(InputError) -> Line? {
    while true {
      while let line = takeLine() {
        if line.bytes?.allSatisfy(Self.isSpace) != true { return line }
      }
      if pending.count > Self.maxLength || isSkipping { skip() }
      if isAtEnd {
        guard isSkipping else { return nil }
        isSkipping = false
        return Line(number: number + 1, bytes: nil)
      }
      isAtEnd = try !input.nextChunk { pending.append($0) }
    }
  }

  /// The line at the beginning of the pending bytes, if they have its end.
  private func takeLine() -> Line? {
    if pending.isEmpty { return nil }
    let found = pending.withBytes { bytes -> (end: Int, next: Int)? in
      let end = ends.first(in: bytes, from: 0, to: bytes.count) ?? bytes.count
      if end == bytes.count, !isAtEnd { return nil }
      return LineEnds.next(in: bytes, after: end, isLast: isAtEnd).map { (end, $0) }
    }
    guard let found else { return nil }
    let bytes = pending.withBytes { Array($0[..<found.end]) }
    remove(found.next)
    number += 1
    // A line that is too long may have ended in the same chunk that made it too long.
    let isTooLong = isSkipping || bytes.count > Self.maxLength
    isSkipping = false
    return Line(number: number, bytes: isTooLong ? nil : bytes)
  }

  /// Drops the pending part of a line that is too long, but not a CR that an LF may follow.
  private func skip() {
    isSkipping = true
    let endsWithReturn = pending.withBytes { $0.last == .carriageReturn }
    remove(pending.count - (endsWithReturn ? 1 : 0))
  }

  private func remove(_ count: Int) {
    pending.removeFirst(count)
    ends.removeFirst(count)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == .space || byte == .tab }
}
