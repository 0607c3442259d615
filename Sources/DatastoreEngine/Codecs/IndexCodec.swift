// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// Encodes values of all types as bytes that sort in the Datastore's order of values.
///
/// Values that are equal in the Datastore have the same bytes: an integer and a timestamp of as
/// many microseconds, a string and its UTF-8 as bytes, zero and negative zero. The first byte is
/// the rank of the type. Each form contains its own end, so that a sequence of encoded values sorts
/// as the sequence of the values does. Texts and keys end as in ``KeyCodec``. Numbers are
/// big-endian with the sign flipped.
///
/// Unstable: this type may change in any minor release; the bytes it reads stay readable.
public enum IndexCodec {
  enum Rank {
    static let null: UInt8 = 0x08
    static let fixedPoint: UInt8 = 0x10
    static let boolean: UInt8 = 0x18
    static let text: UInt8 = 0x20
    static let double: UInt8 = 0x28
    static let geoPoint: UInt8 = 0x30
    static let key: UInt8 = 0x38
  }

  /// A byte that is greater than any byte after a value. Everything that begins with a value is
  /// between the value's bytes and those bytes followed by this one.
  package static let afterAll: UInt8 = 0xFF

  /// Whether a value has a place in the order. Arrays and nested entities have none.
  package static func isOrdered(_ value: Value) -> Bool {
    switch value {
    case .array, .entity: false
    case .null, .boolean, .integer, .double, .string, .bytes, .timestamp, .key, .geoPoint: true
    }
  }

  /// Appends the bytes of a value. Appends nothing for an array or a nested entity.
  public static func encode(_ value: Value, into writer: inout BlobWriter) {
    switch value {
    case .null:
      writer.append(byte: Rank.null)
    case .integer(let number):
      writer.append(byte: Rank.fixedPoint)
      writer.append(bigEndian: KeyCodec.flippingSign(number))
    case .timestamp(let time):
      writer.append(byte: Rank.fixedPoint)
      writer.append(bigEndian: KeyCodec.flippingSign(time.microseconds))
    case .boolean(let flag):
      writer.append(byte: Rank.boolean)
      writer.append(byte: flag ? 1 : 0)
    case .string(let text):
      writer.append(byte: Rank.text)
      KeyCodec.append(text, to: &writer)
    case .bytes(let bytes):
      writer.append(byte: Rank.text)
      bytes.withUnsafeBytes { KeyCodec.append($0, to: &writer) }
    case .double(let number):
      writer.append(byte: Rank.double)
      writer.append(bigEndian: ordered(number))
    case .geoPoint(let point):
      writer.append(byte: Rank.geoPoint)
      writer.append(bigEndian: ordered(point.latitude))
      writer.append(bigEndian: ordered(point.longitude))
    case .key(let key):
      writer.append(byte: Rank.key)
      KeyCodec.encodeTerminated(key, into: &writer)
    case .array, .entity: break
    }
  }

  /// The bytes of a value. Empty for an array or a nested entity.
  public static func encode(_ value: Value) -> [UInt8] {
    var writer = BlobWriter(capacity: 32)
    encode(value, into: &writer)
    return writer.bytes
  }

  /// The length of the encoded value that begins at `start`.
  ///
  /// Any bytes are safe to pass.
  package static func length(of bytes: UnsafeRawBufferPointer, from start: Int) throws(CorruptBlob)
    -> Int
  {
    guard start < bytes.count else { throw CorruptBlob("an index entry ends too early") }
    let length: Int
    switch bytes[start] {
    case Rank.null: length = 1
    case Rank.boolean: length = 2
    case Rank.fixedPoint, Rank.double: length = 9
    case Rank.geoPoint: length = 17
    case Rank.text: length = try textEnd(bytes, from: start + 1) - start
    case Rank.key: length = try KeyCodec.terminatedEnd(bytes, from: start + 1) - start
    case let rank: throw CorruptBlob("an index entry has the unknown rank \(rank)")
    }
    guard start + length <= bytes.count else { throw CorruptBlob("an index entry ends too early") }
    return length
  }

  /// The end of the text that begins at `start`, after its terminator.
  package static func textEnd(
    _ bytes: UnsafeRawBufferPointer, from start: Int
  ) throws(CorruptBlob) -> Int {
    var position = start
    while position < bytes.count {
      defer { position += 1 }
      guard bytes[position] == 0 else { continue }
      if position + 1 == bytes.count || bytes[position + 1] != 0xFF { return position + 1 }
      position += 1
    }
    throw CorruptBlob("a text does not end")
  }

  /// The bits of a number, changed so that they sort as the numbers do, with not-a-number last.
  private static func ordered(_ number: Double) -> UInt64 {
    if number.isNaN { return .max }
    // Negative zero equals zero.
    let bits = (number == 0 ? 0 : number).bitPattern
    return bits & 1 << 63 == 0 ? bits | 1 << 63 : ~bits
  }
}
