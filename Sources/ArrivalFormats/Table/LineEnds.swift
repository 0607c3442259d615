// SPDX-License-Identifier: Apache-2.0
/// Finds the ends of lines: LF, CR, or both together.
///
/// It remembers how far it has searched for each of the two bytes. So a file costs linear time
/// whichever of them it uses.
struct LineEnds: Sendable {
  private struct Finder: Sendable {
    let byte: UInt8
    private var found: Int?
    private var searched = 0

    init(_ byte: UInt8) { self.byte = byte }

    mutating func next(in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int? {
      if let found, found >= start { return found < end ? found : nil }
      let begin = max(start, searched)
      guard begin < end else { return nil }
      found = bytes.offset(of: byte, from: begin, to: end)
      searched = found.map { $0 + 1 } ?? end
      return found
    }

    mutating func removeFirst(_ count: Int) {
      searched = max(0, searched - count)
      found = found.flatMap { $0 >= count ? $0 - count : nil }
    }
  }

  private var lineFeed = Finder(.lineFeed)
  private var carriageReturn = Finder(.carriageReturn)

  /// The offset of the first LF or CR at or after `start` and before `end`.
  mutating func first(
    in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
  ) -> Int? {
    let feed = lineFeed.next(in: bytes, from: start, to: end)
    return carriageReturn.next(in: bytes, from: start, to: feed ?? end) ?? feed
  }

  /// Says that the first bytes were removed, so that offsets count from the byte after them.
  mutating func removeFirst(_ count: Int) {
    lineFeed.removeFirst(count)
    carriageReturn.removeFirst(count)
  }

  /// The offset behind the line end at `end`, which is the end of `bytes` if the last line has no
  /// line end. `nil` if the CR at `end` may be followed by an LF in the next chunk.
  static func next(
    in bytes: UnsafeBufferPointer<UInt8>, after end: Int, isLast: Bool
  ) -> Int? {
    if end >= bytes.count { return bytes.count }
    if bytes[end] == .lineFeed { return end + 1 }
    if end + 1 < bytes.count { return bytes[end + 1] == .lineFeed ? end + 2 : end + 1 }
    return isLast ? end + 1 : nil
  }
}
