#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Says why stored bytes cannot be read; whoever knows the key makes a `DatastoreError` of it.
///
/// Unstable: this type may change in any minor release.
public struct CorruptBlob: Error, Equatable {
  public var reason: String

  public init(_ reason: String) {
    self.reason = reason
  }
}

/// Reads what ``BlobWriter`` wrote, and trusts none of it: a length is compared with what is left
/// before it is used.
///
/// Unstable: this type may change in any minor release.
public struct BlobReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// The bytes must outlive the reader.
  public init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  public var remaining: Int { bytes.count - position }

  public mutating func readByte() throws(CorruptBlob) -> UInt8 {
    guard position < bytes.count else { throw CorruptBlob("it ends too early") }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next byte, which stays to be read.
  public func peekByte() -> UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  public mutating func readVarint() throws(CorruptBlob) -> UInt64 {
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

  public mutating func readSigned() throws(CorruptBlob) -> Int64 {
    let value = try readVarint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  public mutating func readLittleEndian() throws(CorruptBlob) -> UInt64 {
    let slice = try read(8)
    return UInt64(littleEndian: slice.loadUnaligned(as: UInt64.self))
  }

  public mutating func readBigEndian() throws(CorruptBlob) -> UInt64 {
    let slice = try read(8)
    return UInt64(bigEndian: slice.loadUnaligned(as: UInt64.self))
  }

  /// A number of things that take a byte each at least, so never more than are left to read.
  public mutating func readCount() throws(CorruptBlob) -> Int {
    let count = try readVarint()
    guard count <= UInt64(remaining) else {
      throw CorruptBlob("it promises \(count) bytes or items, and \(remaining) bytes are left")
    }
    return Int(count)
  }

  public mutating func readCounted() throws(CorruptBlob) -> UnsafeRawBufferPointer {
    try read(readCount())
  }

  public mutating func readText() throws(CorruptBlob) -> String {
    try Self.text(readCounted())
  }

  public mutating func read(_ count: Int) throws(CorruptBlob) -> UnsafeRawBufferPointer {
    guard count <= remaining else { throw CorruptBlob("it ends too early") }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  /// The bytes up to the next one that equals `stop`, which is passed over.
  public mutating func read(upTo stop: UInt8) throws(CorruptBlob) -> UnsafeRawBufferPointer {
    guard let start = bytes.baseAddress, let end = memchr(start + position, Int32(stop), remaining)
    else { throw CorruptBlob("a text does not end") }
    let count = UnsafeRawPointer(end) - (start + position)
    defer { position += count + 1 }
    return UnsafeRawBufferPointer(start: start + position, count: count)
  }

  public static func text(_ bytes: UnsafeRawBufferPointer) throws(CorruptBlob) -> String {
    // `String(validating:as:)` takes four times as long; so decode, and see whether anything had to
    // be repaired.
    let text = String(decoding: bytes, as: UTF8.self)
    let isSame = text.utf8.withContiguousStorageIfAvailable { utf8 in
      utf8.count == bytes.count
        && (bytes.isEmpty || memcmp(utf8.baseAddress!, bytes.baseAddress!, bytes.count) == 0)
    }
    guard isSame == true else { throw CorruptBlob("a text is not UTF-8") }
    return text
  }
}
