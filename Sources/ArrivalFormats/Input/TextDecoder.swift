// SPDX-License-Identifier: Apache-2.0
/// Converts text from an encoding to UTF-8, chunk by chunk.
///
/// Bytes that stand for no character become bytes that are not UTF-8. So the parser that reads the
/// text reports them with their line and field, as it does for a file in UTF-8.
struct TextDecoder: Sendable {
  /// A byte that no UTF-8 text has.
  private static let invalid: UInt8 = 0xFF

  let encoding: TextEncoding
  private var isBigEndian: Bool
  /// The first byte of a unit of UTF-16 whose second byte is in the next chunk.
  private var half: UInt8?
  private var highSurrogate: UInt16?

  init(_ encoding: TextEncoding) {
    self.encoding = encoding
    isBigEndian = encoding == .utf16BigEndian
  }

  /// Appends the text of `bytes` in UTF-8 to `output`.
  mutating func decode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
    switch encoding {
    case .utf8: output.append(contentsOf: bytes)
    case .latin1: for byte in bytes { Self.append(UInt32(byte), to: &output) }
    case .windows1252: for byte in bytes { Self.appendWindows1252(byte, to: &output) }
    case .utf16, .utf16LittleEndian, .utf16BigEndian:
      for byte in bytes {
        guard let first = half else {
          half = byte
          continue
        }
        half = nil
        let unit =
          isBigEndian
          ? UInt16(first) << 8 | UInt16(byte) : UInt16(byte) << 8 | UInt16(first)
        append(unit, to: &output)
      }
    }
  }

  /// Appends what is left at the end of the text.
  mutating func finish(into output: inout [UInt8]) {
    if highSurrogate != nil || half != nil { output.append(Self.invalid) }
    highSurrogate = nil
    half = nil
  }

  private mutating func append(_ unit: UInt16, to output: inout [UInt8]) {
    if let high = highSurrogate {
      highSurrogate = nil
      if 0xDC00..<0xE000 ~= unit {
        Self.append(
          0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(unit) - 0xDC00), to: &output)
        return
      }
      output.append(Self.invalid)
    }
    switch unit {
    case 0xD800..<0xDC00: highSurrogate = unit
    case 0xDC00..<0xE000: output.append(Self.invalid)
    default: Self.append(UInt32(unit), to: &output)
    }
  }

  private static func append(_ scalar: UInt32, to output: inout [UInt8]) {
    switch scalar {
    case 0..<0x80: output.append(UInt8(scalar))
    case 0x80..<0x800:
      output.append(UInt8(0xC0 | scalar >> 6))
      output.append(UInt8(0x80 | scalar & 0x3F))
    case 0x800..<0x10000:
      output.append(UInt8(0xE0 | scalar >> 12))
      output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      output.append(UInt8(0x80 | scalar & 0x3F))
    default:
      output.append(UInt8(0xF0 | scalar >> 18))
      output.append(UInt8(0x80 | scalar >> 12 & 0x3F))
      output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      output.append(UInt8(0x80 | scalar & 0x3F))
    }
  }

  /// The characters of the bytes 0x80 to 0x9F; 0 for the five bytes without one.
  private static let windows1252: [UInt32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC,
    0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
  ]

  private static func appendWindows1252(_ byte: UInt8, to output: inout [UInt8]) {
    guard 0x80..<0xA0 ~= byte else { return append(UInt32(byte), to: &output) }
    let scalar = windows1252[Int(byte) - 0x80]
    if scalar == 0 { output.append(invalid) } else { append(scalar, to: &output) }
  }
}
