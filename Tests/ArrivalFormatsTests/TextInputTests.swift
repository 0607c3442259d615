// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Testing

@testable internal import ArrivalFormats

/// Encodings and compression, whatever the division into chunks.
@Suite struct TextInputTests {
  private func text(
    _ bytes: [UInt8], _ encoding: TextEncoding? = nil, chunkSize: Int = 1 << 16
  ) throws -> [UInt8] {
    var text: [UInt8] = []
    try withTemporaryDirectory { directory in
      let path = directory + "/text"
      try Data(bytes).write(to: URL(filePath: path))
      let input = try TextInput(.path(path), encoding: encoding, chunkSize: chunkSize)
      while try input.nextChunk({ text.append(contentsOf: $0) }) {}
    }
    return text
  }

  private func utf16(_ text: String, bigEndian: Bool) -> [UInt8] {
    text.utf16.flatMap { unit in
      let bytes = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
      return bigEndian ? bytes : bytes.reversed()
    }
  }

  @Test(arguments: [1, 2, 3, 7, 1 << 16])
  func `UTF-16 is recognised by its byte-order mark and read in both orders`(_ size: Int) throws {
    for sample in ["a;b\r\nü;日本🙂\r\n", "a", ""] {
      let expected = Array(sample.utf8)
      #expect(
        try text([0xFF, 0xFE] + utf16(sample, bigEndian: false), chunkSize: size) == expected)
      #expect(try text([0xFE, 0xFF] + utf16(sample, bigEndian: true), chunkSize: size) == expected)
      #expect(
        try text(utf16(sample, bigEndian: false), .utf16LittleEndian, chunkSize: size) == expected)
      #expect(
        try text(utf16(sample, bigEndian: true), .utf16BigEndian, chunkSize: size) == expected)
    }
  }

  @Test func `Bytes that are no character become bytes that no parser takes for text`() throws {
    let broken: [([UInt8], TextEncoding)] = [
      ([0x61, 0, 0x00, 0xD8, 0x62, 0], .utf16LittleEndian), ([0x00, 0xDC], .utf16LittleEndian),
      ([0x61, 0, 0x62], .utf16LittleEndian), ([0x00, 0xD8], .utf16LittleEndian),
      ([0x61, 0x81], .windows1252),
    ]
    for (bytes, encoding) in broken {
      #expect(String(validating: try text(bytes, encoding), as: UTF8.self) == nil)
    }
    let parsed = try TableReader(
      .bytes([0xFF, 0xFE] + utf16("a,b\n1,", bigEndian: false) + [0, 0xD8, 0x0A, 0], name: "x"))
    _ = try parsed.next()
    #expect(
      try parsed.next()
        == .malformed(MalformedRow(line: 2, reason: .invalidText(field: 2, .utf16LittleEndian))))
  }

  @Test func `Latin-1 and Windows-1252 are read if they are named`() throws {
    let bytes: [UInt8] = [0x6E, 0xE4, 0x80, 0x93, 0xFF]
    #expect(try text(bytes, .latin1) == Array("nä\u{80}\u{93}ÿ".utf8))
    #expect(try text(bytes, .windows1252) == Array("nä€“ÿ".utf8))
    #expect(try text(bytes) == bytes)
  }

  @Test func `A name that contradicts the byte-order mark is refused`() {
    for (bytes, encoding) in [
      ([0xEF, 0xBB, 0xBF, 0x61], TextEncoding.latin1), ([0xFF, 0xFE, 0x61, 0], .utf8),
      ([0xFE, 0xFF, 0, 0x61], .utf16LittleEndian), ([0x61, 0x62], .utf16),
    ] as [([UInt8], TextEncoding)] {
      let error = #expect(throws: InputError.self) { try text(bytes, encoding) }
      #expect(error?.code == .encoding)
    }
  }

  @Test func `UTF-16 without a mark is not guessed`() {
    for (isBig, name) in [(false, "--encoding utf-16le"), (true, "--encoding utf-16be")] {
      let error = #expect(throws: InputError.self) { try text(utf16("a,b\n", bigEndian: isBig)) }
      #expect(error?.message.contains(name) == true)
    }
  }

  @Test func `Documents and other compressions are named`() {
    for (bytes, word) in [
      ([0x50, 0x4B, 3, 4, 20, 0], "ZIP"), (Array("SQLite format 3\0".utf8), "SQLite"),
      ([0x28, 0xB5, 0x2F, 0xFD, 0, 0], "zstd"), ([0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], "UTF-32"),
    ] as [([UInt8], String)] {
      let error = #expect(throws: InputError.self) { try text(bytes) }
      #expect(error?.message.contains(word) == true)
    }
  }

  private static let twoMembers = Data(
    base64Encoded:
      "H4sIAAAAAAACA0vUSeIy1DHiAgB7B5cKCAAAAB+LCAAAAAAAAgMz1jm8hwsAfgUL8QUAAAA=")!
  private static let utf16 = Data(
    base64Encoded: "H4sIAAAAAAACA/v/L5HBmiGJgZeBi8EQyDICswDjpBUgFgAAAA==")!

  @Test(arguments: [1, 5, 1 << 16])
  func `A gzip file of several members is decompressed, also one of UTF-16`(_ size: Int) throws {
    #expect(try text(Array(Self.twoMembers), chunkSize: size) == Array("a,b\n1,2\n3,ü\n".utf8))
    #expect(try text(Array(Self.utf16), chunkSize: size) == Array("a;b\r\n1;2\r\n".utf8))
  }

  @Test func `A gzip file that was cut off or damaged is refused`() {
    let bytes = Array(Self.twoMembers)
    for broken in [Array(bytes.dropLast(3)), Array(bytes.prefix(12)), bytes + [0x61, 0x62]] {
      let error = #expect(throws: InputError.self) { try text(broken) }
      #expect(error?.code == .damaged)
    }
    var flipped = bytes
    flipped[14] ^= 0xFF
    #expect(throws: InputError.self) { try text(flipped) }
  }
}
