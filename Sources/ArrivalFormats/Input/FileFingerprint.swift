// SPDX-License-Identifier: Apache-2.0
/// The size and a checksum of all bytes of a file, to recognise it later.
package struct FileFingerprint: Sendable, Hashable, CustomStringConvertible {
  package private(set) var size = 0
  package private(set) var checksum: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Reads the whole source.
  package init(of source: InputSource) throws(InputError) {
    let input = try ByteInput(source, chunkSize: 1 << 18)
    while try input.nextChunk({ add($0) }) {}
  }

  package init(of text: String) {
    var text = text
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  /// `1024-0123456789abcdef`.
  package var description: String {
    let digits = String(checksum, radix: 16)
    return "\(size)-" + String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Chunks of a file are multiples of eight bytes, except for those at its end and those of a
  /// pipe. A different division gives another checksum, so only files have fingerprints.
  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var position = 0
    while position + 8 <= bytes.count {
      mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
      position += 8
    }
    for byte in bytes[position...] { mix(UInt64(byte)) }
    size += bytes.count
  }

  private mutating func mix(_ word: UInt64) {
    let product = (checksum ^ word) &* 0xD6E8_FEB8_6659_FD93
    checksum = product ^ product >> 32
  }
}
