// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Stored bytes that cannot be read. The caller, who knows the key, turns it into a
/// `DatastoreError`.
///
/// Unstable: this type may change in any minor release.
public struct CorruptBlob: Error, Equatable {
  public let reason: String

  package init(_ reason: String) {
    self.reason = reason
  }
}

/// Reads what ``BlobWriter`` has written. It trusts no input: each length is compared with the
/// remaining bytes before it is used.
package struct BlobReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// Makes a reader of bytes, which must outlive it.
  package init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  package var remaining: Int { bytes.count - position }

  package mutating func readByte() throws(CorruptBlob) -> UInt8 {
    guard position < bytes.count else { throw CorruptBlob("it ends too early") }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next byte, without reading it.
  package func peekByte() -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  package mutating func readVarint() throws(CorruptBlob) -> UInt64 {
    let first = try readByte()
    if first < 0x80 { return UInt64(first) }
    var value = UInt64(first & 0x7F)
    var shift: UInt64 = 7
    while true {
      let byte = try readByte()
      guard shift < 63 || byte <= 1 else { throw CorruptBlob("a number has over 64 bits") }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  package mutating func readSigned() throws(CorruptBlob) -> Int64 {
    let value = try readVarint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  package mutating func readLittleEndian() throws(CorruptBlob) -> UInt64 {
    let slice = try read(8)
    return UInt64(littleEndian: slice.loadUnaligned(as: UInt64.self))
  }

  package mutating func readBigEndian() throws(CorruptBlob) -> UInt64 {
    let slice = try read(8)
    return UInt64(bigEndian: slice.loadUnaligned(as: UInt64.self))
  }

  /// Reads a number of items. Each item takes at least one byte, so more items than remaining bytes
  /// are refused.
  package mutating func readCount() throws(CorruptBlob) -> Int {
    let count = try readVarint()
    guard count <= UInt64(remaining) else {
      throw CorruptBlob("it promises \(count) bytes or items, but \(remaining) bytes are left")
    }
    return Int(count)
  }

  package mutating func readCounted() throws(CorruptBlob) -> UnsafeRawBufferPointer {
    try read(readCount())
  }

  package mutating func readText() throws(CorruptBlob) -> String {
    try Self.text(readCounted())
  }

  package mutating func read(_ count: Int) throws(CorruptBlob) -> UnsafeRawBufferPointer {
    guard count <= remaining else { throw CorruptBlob("it ends too early") }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  /// Reads the bytes before the next `stop`, and skips `stop`.
  package mutating func read(upTo stop: UInt8) throws(CorruptBlob) -> UnsafeRawBufferPointer {
    guard let start = bytes.baseAddress, let end = memchr(start + position, Int32(stop), remaining)
    else { throw CorruptBlob("a text does not end") }
    let count = UnsafeRawPointer(end) - (start + position)
    defer { position += count + 1 }
    return UnsafeRawBufferPointer(start: start + position, count: count)
  }

  package static func text(_ bytes: UnsafeRawBufferPointer) throws(CorruptBlob) -> String {
    // `String(validating:as:)` takes four times as long. So this decodes, and then checks whether
    // anything was repaired.
    let text = String(decoding: bytes, as: UTF8.self)
    let isSame = text.utf8.withContiguousStorageIfAvailable { utf8 in
      utf8.count == bytes.count
        && (bytes.isEmpty || memcmp(utf8.baseAddress!, bytes.baseAddress!, bytes.count) == 0)
    }
    guard isSame == true else { throw CorruptBlob("a text is not UTF-8") }
    return text
  }
}
