// SPDX-License-Identifier: Apache-2.0
/// Base64 of RFC 4648, section 5, which is safe in URLs, without padding.
package enum Base64URL {
  /// `nil` if the text is not valid.
  static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count * 3 / 4)
    var pending: UInt32 = 0
    var bits = 0
    for character in text.utf8 {
      guard let digit = alphabet.firstIndex(of: character) else { return nil }
      pending = pending << 6 | UInt32(digit)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
        pending &= (1 << UInt32(bits)) - 1
      }
    }
    // The remaining bits must be zeros, and fewer than a whole digit.
    guard bits < 6, pending == 0 else { return nil }
    return bytes
  }

  package static func encode(_ bytes: [UInt8]) -> String {
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var pending =
        group.reduce(0 as UInt32) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for _ in 0...group.count {
        text.unicodeScalars.append(Unicode.Scalar(alphabet[Int(pending >> 18 & 63)]))
        pending <<= 6
      }
    }
    return text
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}
