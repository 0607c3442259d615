/// A place in the results of a query, to go on from later, in this process or another.
///
/// It comes with each page of results. A query that starts at it goes on after the last result of
/// that page, also if entities have come or gone meanwhile. It holds for the same query only: the
/// same kind, namespace, filters, orders, projection and distinct properties. Its bytes are the
/// backend's; write them down as ``text``, into a link for instance.
public struct QueryCursor: Sendable, Hashable {
  /// The cursor as the backend made it.
  public var bytes: [UInt8]

  /// Makes a cursor of bytes that came from one; a backend refuses all others with an error.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Makes a cursor of ``text``; `nil` if it is not the text of one.
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
    // What is left over is filled with zeros, and never a whole digit.
    guard bits < 6, pending == 0 else { return nil }
    self.bytes = bytes
  }

  /// The cursor in characters that may stand in a URL (Base64 of RFC 4648, section 5, unpadded).
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
