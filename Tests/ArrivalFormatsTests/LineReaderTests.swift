// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Testing

@testable internal import ArrivalFormats

@Suite struct LineReaderTests {
  /// The number of each line of a file, and the length of the line unless it is too long.
  private func lines(_ bytes: [UInt8]) throws -> [[Int?]] {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("arrival-lines-\(UUID().uuidString)")
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    let lines = try lines(of: .path(url.path))
    #expect(try self.lines(of: .bytes(bytes, name: "bytes")) == lines)
    return lines
  }

  private func lines(of source: InputSource) throws -> [[Int?]] {
    let reader = try LineReader(source)
    var lines: [[Int?]] = []
    while let line = try reader.next() { lines.append([line.number, line.bytes?.count]) }
    return lines
  }

  private func text(_ length: Int) -> [UInt8] { [UInt8](repeating: 0x78, count: length) }

  @Test func `A line of exactly the limit is read, and a line of one byte more is not`() throws {
    let limit = LineReader.maxLength
    #expect(try lines(text(limit) + [0x0A] + text(1)) == [[1, limit], [2, 1]])
    #expect(try lines(text(limit)) == [[1, limit]])
    #expect(try lines(text(limit + 1) + [0x0A] + text(2)) == [[1, nil], [2, 2]])
  }

  @Test func `A last line without a line feed is read, or reported if it is too long`() throws {
    let long = text(LineReader.maxLength + 1)
    #expect(try lines(text(3) + [0x0A] + text(2)) == [[1, 3], [2, 2]])
    #expect(try lines(text(3) + [0x0A] + long) == [[1, 3], [2, nil]])
    #expect(try lines(long + text(1 << 16) + [0x0A] + long) == [[1, nil], [2, nil]])
  }

  @Test func `Blank lines are skipped but counted`() throws {
    #expect(try lines(Array("\n \t\r\nx\n\r\n\t\ny\r\n\n".utf8)) == [[3, 1], [6, 1]])
    #expect(try lines([]) == [])
  }
}
