// SPDX-License-Identifier: Apache-2.0
/// A growing buffer of bytes, with the forms that the codecs use.
///
/// It manages its own memory. An array would check on each append whether its memory is shared,
/// which makes the codecs slower.
///
/// Unstable: this type may change in any minor release.
public struct BlobWriter: ~Copyable {
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  public private(set) var count = 0

  public init(capacity: Int = 256) {
    self.capacity = max(capacity, 16)
    start = .allocate(capacity: self.capacity)
  }

  deinit {
    start.deallocate()
  }

  /// The bytes written so far.
  public var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

  /// The checksum of all bytes written after the first `start` bytes.
  package func checksum(from start: Int) -> UInt32 {
    Checksum.of(UnsafeRawBufferPointer(start: self.start + start, count: count - start))
  }

  package mutating func append(byte: UInt8) {
    makeRoom(1)
    start[count] = byte
    count += 1
  }

  /// Appends seven bits per byte, the lowest first. A set high bit means that more bytes follow.
  package mutating func append(varint value: UInt64) {
    makeRoom(10)
    var rest = value
    while rest >= 0x80 {
      start[count] = UInt8(truncatingIfNeeded: rest) | 0x80
      count += 1
      rest >>= 7
    }
    start[count] = UInt8(truncatingIfNeeded: rest)
    count += 1
  }

  /// Appends a signed number with its sign in the lowest bit, so that small negative numbers are
  /// short.
  package mutating func append(signed value: Int64) {
    append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  package mutating func append(littleEndian value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { append($0) }
  }

  package mutating func append(littleEndian value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { append($0) }
  }

  package mutating func append(bigEndian value: UInt64) {
    withUnsafeBytes(of: value.bigEndian) { append($0) }
  }

  /// Appends the number of bytes, then the bytes.
  package mutating func append(counted value: [UInt8]) {
    append(varint: UInt64(value.count))
    value.withUnsafeBytes { append($0) }
  }

  /// Appends the length of the text's UTF-8, then the UTF-8.
  package mutating func append(counted text: String) {
    append(varint: UInt64(text.utf8.count))
    append(text)
  }

  /// Appends the text's UTF-8 without its length.
  package mutating func append(_ text: String) {
    let written: Void? = text.utf8.withContiguousStorageIfAvailable {
      append(UnsafeRawBufferPointer($0))
    }
    if written == nil { for byte in text.utf8 { append(byte: byte) } }
  }

  /// Appends the bytes without their number.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    makeRoom(bytes.count)
    UnsafeMutableRawPointer(start + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  private mutating func makeRoom(_ more: Int) {
    if count + more > capacity { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: start, count: count)
    start.deallocate()
    start = larger
  }
}
