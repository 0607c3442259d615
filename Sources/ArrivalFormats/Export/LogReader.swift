// SPDX-License-Identifier: Apache-2.0
/// Reads the records of a file in the log format of LevelDB, which managed exports of Datastore and
/// Firestore have.
///
/// The file consists of blocks of 32 KiB. A record that does not fit into a block is divided, and
/// each part has a checksum. A read blocks for as long as a slow pipe takes.
package final class LogReader {
  private static let blockLength = 1 << 15
  private static let headerLength = 7
  /// The longest record: an entity has at most 1 MiB, and its encoding some more.
  private static let maxLength = 16 << 20

  private let input: ByteInput
  private var pending = ByteQueue()
  /// The offset of the first pending byte in the file.
  private var offset = 0
  private var isAtEnd = false

  /// How much of the file was read, from 0 to 1; `nil` if its size is not known.
  package var fractionRead: Double? { input.fractionRead }

  /// Opens the source. Throws if it is missing, a directory, or may not be read.
  package init(_ source: InputSource) throws(InputError) {
    input = try ByteInput(source)
  }

  /// The next record, or `nil` at the end.
  ///
  /// - Throws: ``InputError`` if the source cannot be read or is damaged.
  package func next() throws(InputError) -> [UInt8]? {
    var record: [UInt8] = []
    var isOpen = false
    while true {
      guard let part = try nextPart() else {
        if isOpen { throw damaged("the last record is not complete; copy the file again") }
        return nil
      }
      switch part.type {
      case 1 where !isOpen: return part.bytes
      case 2 where !isOpen: isOpen = true
      case 3 where isOpen: break
      case 4 where isOpen: return record + part.bytes
      default: throw damaged("the parts of a record are not in order; copy the file again")
      }
      record += part.bytes
      if record.count > Self.maxLength { throw damaged("a record is too long for an entity") }
    }
  }

  private func nextPart() throws(InputError) -> (type: UInt8, bytes: [UInt8])? {
    while true {
      let rest = Self.blockLength - offset % Self.blockLength
      if rest < Self.headerLength {
        // Too short for a header: zeros.
        guard try fill(rest) else { return nil }
        skip(rest)
        continue
      }
      guard try fill(Self.headerLength) else {
        if pending.isEmpty { return nil }
        throw damaged("the file ends within a record; copy it again")
      }
      let header = pending.withBytes { Array($0[..<Self.headerLength]) }
      let length = Int(header[4]) | Int(header[5]) << 8
      if header[6] == 0, length == 0 {
        // The rest of the block is empty.
        guard try fill(rest) else { return nil }
        skip(rest)
        continue
      }
      guard Self.headerLength + length <= rest else {
        throw damaged("a record does not fit into its block, so this is no export of a Datastore")
      }
      guard try fill(Self.headerLength + length) else {
        throw damaged("the file ends within a record; copy it again")
      }
      let expected = header[..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let (sum, bytes) = pending.withBytes { all in
        let part = all[6..<Self.headerLength + length]
        return (CRC32C.masked(part), Array(part.dropFirst()))
      }
      guard sum == expected else {
        throw damaged("a record has another checksum than its bytes; copy the file again")
      }
      skip(Self.headerLength + length)
      return (header[6], bytes)
    }
  }

  /// Reads until `count` bytes are pending. Returns `false` if the file has fewer.
  private func fill(_ count: Int) throws(InputError) -> Bool {
    while pending.count < count {
      if isAtEnd { return false }
      isAtEnd = try !input.nextChunk { pending.append($0) }
    }
    return true
  }

  private func skip(_ count: Int) {
    pending.removeFirst(count)
    offset += count
  }

  private func damaged(_ message: String) -> InputError {
    InputError(
      code: .damaged, message: "byte \(grouped(offset)): \(message)",
      source: input.source.description)
  }
}

/// The checksum of the log format.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
    }
  }

  /// The checksum, rotated and shifted as LevelDB stores it.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let sum =
      ~bytes.reduce(~UInt32(0)) { value, byte in
        value >> 8 ^ table[Int((value ^ UInt32(byte)) & 0xFF)]
      }
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
