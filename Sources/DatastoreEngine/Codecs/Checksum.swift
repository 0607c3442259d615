/// Tells bytes that came back from the disk other than they were written.
///
/// Eight bytes a step, and each step keeps apart what differed before or differs in its word: a
/// change within one word always shows in the 64 bits, and in the 32 that are kept but once in four
/// thousand million times. Against accidents alone: who wants to can make bytes of any checksum.
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
    // The high half: the low bits of a product say nothing of the high bits multiplied.
    return UInt32(truncatingIfNeeded: hash >> 32)
  }

  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word) &* 0xD6E8_FEB8_6659_FD93
    return product ^ product >> 32
  }
}
