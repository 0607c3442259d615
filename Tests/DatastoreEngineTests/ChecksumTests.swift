// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import DatastoreEngine

/// Checksums are in the files, so they are the same for ever.
@Suite struct ChecksumTests {
  private func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { Checksum.of($0) } }

  @Test(arguments: [
    ("", 0x4D0A_2BBE), ("arrival", 0xA82F_5FCD), ("arrival!", 0x785C_1B6D),
  ])
  func `The checksum of a text is the one in files of earlier versions`(
    _ text: String, _ expected: UInt32
  ) {
    #expect(checksum(Array(text.utf8)) == expected)
  }

  @Test func `Runs of zeros of different lengths have different checksums`() {
    let checksums = (0..<64).map { checksum([UInt8](repeating: 0, count: $0)) }
    #expect(Set(checksums).count == 64)
  }

  @Test func `Changing any bit changes the hash`() {
    let bytes = [UInt8](0..<27)
    let original = checksum(bytes)
    for place in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[place] ^= 1 << bit
        #expect(checksum(changed) != original, "bit \(bit) of byte \(place)")
      }
    }
  }
}
