// SPDX-License-Identifier: Apache-2.0
#if NIO
  /// The names of keys on the server: text of at most 250 bytes, without spaces.
  enum MemcachedName {
    /// The most bytes of a key whose name has all of them.
    static let maxWholeKey = 181

    /// A name that no other key has, but for collisions of SHA-256 among long keys.
    static func of(_ key: [UInt8]) -> String {
      if key.count <= maxWholeKey { return "arrival:" + base64(key) }
      return "arrival#" + base64(SHA256.hash(key))
    }

    private static let alphabet = Array(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Base64 for URLs, without padding.
    private static func base64(_ bytes: [UInt8]) -> String {
      var text: [UInt8] = []
      text.reserveCapacity((bytes.count * 4 + 2) / 3)
      var (bits, count) = (0, 0)
      for byte in bytes {
        bits = (bits & 0x3F) << 8 | Int(byte)
        count += 8
        while count >= 6 {
          count -= 6
          text.append(alphabet[bits >> count & 0x3F])
        }
      }
      if count > 0 { text.append(alphabet[bits << (6 - count) & 0x3F]) }
      return String(decoding: text, as: UTF8.self)
    }
  }
#endif
