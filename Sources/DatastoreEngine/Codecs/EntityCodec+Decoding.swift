// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

extension EntityCodec {
  /// Decodes the properties that `encode` has written.
  ///
  /// Any bytes are safe to pass. Bytes that `encode` cannot have written are refused.
  ///
  /// - Parameters:
  ///   - bytes: The bytes that `encode` has written.
  ///   - key: The bytes of the entity's key. With `nil` the checksum is not verified.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, of key: UnsafeRawBufferPointer? = nil
  ) throws(CorruptBlob) -> Entity.Properties {
    var reader = BlobReader(try verified(bytes, of: key))
    _ = try reader.readByte()
    let properties = try readProperties(depth: 0, from: &reader)
    guard reader.remaining == 0 else {
      throw CorruptBlob("\(reader.remaining) bytes follow its end")
    }
    return properties
  }

  /// The bytes before the checksum, after verifying the checksum.
  static func verified(
    _ bytes: UnsafeRawBufferPointer, of key: UnsafeRawBufferPointer?
  ) throws(CorruptBlob) -> UnsafeRawBufferPointer {
    switch bytes.first {
    case nil: throw CorruptBlob("it ends too early")
    case versionWithoutChecksum: return bytes
    case version:
      let count = bytes.count - checksumSize
      guard count > 0 else { throw CorruptBlob("it ends too early") }
      let body = UnsafeRawBufferPointer(rebasing: bytes[..<count])
      guard let key else { return body }
      let stored = bytes.loadUnaligned(fromByteOffset: count, as: UInt32.self)
      guard Checksum.of(body) ^ checksum(ofKey: key) == UInt32(littleEndian: stored) else {
        throw CorruptBlob("its checksum is wrong")
      }
      return body
    case let other?:
      throw CorruptBlob("it has version \(other), but this program reads up to version \(version)")
    }
  }

  private static func readProperties(
    depth: Int, from reader: inout BlobReader
  ) throws(CorruptBlob) -> Entity.Properties {
    let count = try reader.readCount()
    // A property takes at least two bytes. A forged count must not reserve memory for more.
    var properties = Entity.Properties(minimumCapacity: min(count, reader.remaining / 2))
    for _ in 0..<count {
      let name = try reader.readText()
      let tag = try reader.readByte()
      let value = try readValue(tag: tag & ~Tag.flags, depth: depth, from: &reader)
      var property = Entity.Property(value, isIndexed: tag & Tag.notIndexed == 0)
      if tag & Tag.hasMeaning != 0 {
        guard let meaning = Int32(exactly: try reader.readSigned()), meaning != 0 else {
          throw CorruptBlob("a property has an impossible meaning")
        }
        property.meaning = meaning
      }
      guard properties.updateValue(property, forKey: name) == nil else {
        throw CorruptBlob("it has the property \"\(name)\" twice")
      }
    }
    return properties
  }

  static func readValue(
    tag: UInt8, depth: Int, from reader: inout BlobReader
  ) throws(CorruptBlob) -> Value {
    switch tag {
    case Tag.null: return .null
    case Tag.false: return .boolean(false)
    case Tag.true: return .boolean(true)
    case Tag.integer: return .integer(try reader.readSigned())
    case Tag.double: return .double(try readDouble(from: &reader))
    case Tag.string: return .string(try reader.readText())
    case Tag.bytes: return .bytes([UInt8](try reader.readCounted()))
    case Tag.timestamp: return .timestamp(Timestamp(microseconds: try reader.readSigned()))
    case Tag.key: return .key(try KeyCodec.decode(reader.readCounted()))
    case Tag.geoPoint:
      let latitude = try readDouble(from: &reader)
      return .geoPoint(GeoPoint(latitude: latitude, longitude: try readDouble(from: &reader)))
    case Tag.array:
      return .array(try readArray(depth: depth, from: &reader))
    case Tag.entity, Tag.keyedEntity:
      guard depth < maxDepth else { throw CorruptBlob("it is nested too deeply") }
      let key = tag == Tag.keyedEntity ? try KeyCodec.decode(reader.readCounted()) : nil
      let properties = try readProperties(depth: depth + 1, from: &reader)
      return .entity(Entity(key, properties))
    default:
      throw CorruptBlob("a value has the unknown tag \(tag)")
    }
  }

  private static func readArray(
    depth: Int, from reader: inout BlobReader
  ) throws(CorruptBlob) -> [Value] {
    guard depth < maxDepth else { throw CorruptBlob("it is nested too deeply") }
    let count = try reader.readCount()
    var values: [Value] = []
    values.reserveCapacity(count)
    for _ in 0..<count {
      let tag = try reader.readByte()
      values.append(try readValue(tag: tag, depth: depth + 1, from: &reader))
    }
    return values
  }

  private static func readDouble(from reader: inout BlobReader) throws(CorruptBlob) -> Double {
    Double(bitPattern: try reader.readLittleEndian())
  }
}
