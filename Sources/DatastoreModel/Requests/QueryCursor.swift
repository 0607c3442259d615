// SPDX-License-Identifier: Apache-2.0
/// A position in the results of a query, from which any process can continue later.
///
/// Each page of results has one. A query that starts at a cursor continues after the last result of
/// that page, even if entities were added or deleted in between. A cursor is valid only for the
/// same query: the same kind, namespace, filters, orders, projection and distinct properties. The
/// backend defines its bytes. Use ``text`` to put it into a link, for example.
public struct QueryCursor: Sendable, Hashable {
  /// The bytes of the cursor, as the backend made them.
  public var bytes: [UInt8]

  /// Makes a cursor from the bytes of another one. A backend refuses any other bytes.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Makes a cursor from its ``text``. `nil` if the text is not valid.
  public init?(text: String) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count * 3 / 4)
    var pending: UInt32 = 0
    var bits = 0
    for character in text.utf8 {
      guard let digit = Self.alphabet.firstIndex(of: character) else { return nil }
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
    self.bytes = bytes
  }

  /// The cursor as text that is safe in URLs: Base64 of RFC 4648, section 5, without padding.
  public var text: String {
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var pending =
        group.reduce(0 as UInt32) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for _ in 0...group.count {
        text.unicodeScalars.append(Unicode.Scalar(Self.alphabet[Int(pending >> 18 & 63)]))
        pending <<= 6
      }
    }
    return text
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}

extension QueryCursor: CustomStringConvertible {
  /// The cursor's text.
  public var description: String { text }
}
