// SPDX-License-Identifier: Apache-2.0
/// Detects bytes that the disk returns differently from how they were written.
///
/// Each step mixes in a word of eight bytes, and is a bijection of the state and of the word. So a
/// change within one word always changes the 64 bits, and the 32 bits that are kept in all but one
/// of four thousand million cases. It protects against accidents only: bytes of any checksum can be
/// made on purpose.
enum Checksum {
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
    var position = 0
    while position + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      hash = mix(hash, UInt64(littleEndian: word))
      position += 8
    }
    var rest: UInt64 = 0
    for byte in bytes[position...] { rest = rest << 8 | UInt64(byte) }
    hash = mix(hash, rest)
    // Uses the high half, because the low bits of a product do not depend on the high bits of the
    // factors.
    return UInt32(truncatingIfNeeded: hash >> 32)
  }

  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word) &* 0xD6E8_FEB8_6659_FD93
    return product ^ product >> 32
  }
}
