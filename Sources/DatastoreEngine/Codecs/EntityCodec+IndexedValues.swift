// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

extension EntityCodec {
  /// Appends the indexed values of one property in the form of ``IndexCodec``.
  ///
  /// The values are those of `Entity.forEachIndexedValue(_:)`. Some may be repeated.
  ///
  /// Any bytes are safe to pass.
  ///
  /// - Parameters:
  ///   - property: The property's name in queries.
  ///   - key: The bytes of the entity's key. With `nil` the checksum is not verified.
  package static func appendIndexedValues(
    of property: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer,
    key: UnsafeRawBufferPointer?, to values: inout [[UInt8]]
  ) throws(CorruptBlob) {
    var reader = BlobReader(try verified(bytes, of: key))
    _ = try reader.readByte()
    try visitProperties(property, depth: 0, &reader, &values)
  }

  /// How a property relates to the one that is searched for.
  private enum Match {
    case other
    case itself
    /// An entity in it may have the property under this name.
    case outer(of: UnsafeRawBufferPointer)

    init(_ name: UnsafeRawBufferPointer, _ path: UnsafeRawBufferPointer) {
      guard path.starts(with: name) else {
        self = .other
        return
      }
      if path.count == name.count {
        self = .itself
      } else if path[name.count] == UInt8(ascii: ".") {
        self = .outer(of: UnsafeRawBufferPointer(rebasing: path[(name.count + 1)...]))
      } else {
        self = .other
      }
    }
  }

  /// - Parameter path: The name to search for. `nil` if the property cannot be here.
  private static func visitProperties(
    _ path: UnsafeRawBufferPointer?, depth: Int, _ reader: inout BlobReader,
    _ values: inout [[UInt8]]
  ) throws(CorruptBlob) {
    for _ in 0..<(try reader.readCount()) {
      let name = try reader.readCounted()
      let tag = try reader.readByte()
      var match = Match.other
      if let path, tag & Tag.notIndexed == 0 { match = Match(name, path) }
      try visit(tag & ~Tag.flags, match, depth: depth, &reader, &values)
      if tag & Tag.hasMeaning != 0 { _ = try reader.readVarint() }
    }
  }

  private static func visit(
    _ tag: UInt8, _ match: Match, depth: Int, _ reader: inout BlobReader,
    _ values: inout [[UInt8]]
  ) throws(CorruptBlob) {
    switch tag {
    case Tag.array:
      guard depth < maxDepth else { throw CorruptBlob("it is nested too deeply") }
      for _ in 0..<(try reader.readCount()) {
        try visit(try reader.readByte(), match, depth: depth + 1, &reader, &values)
      }
    case Tag.entity, Tag.keyedEntity:
      guard depth < maxDepth else { throw CorruptBlob("it is nested too deeply") }
      if tag == Tag.keyedEntity { _ = try reader.readCounted() }
      var path: UnsafeRawBufferPointer?
      if case .outer(let inner) = match { path = inner }
      try visitProperties(path, depth: depth + 1, &reader, &values)
    default:
      if case .itself = match {
        values.append(IndexCodec.encode(try readValue(tag: tag, depth: depth, from: &reader)))
      } else {
        try pass(tag, &reader)
      }
    }
  }

  /// Skips a value that contains no other values.
  private static func pass(_ tag: UInt8, _ reader: inout BlobReader) throws(CorruptBlob) {
    switch tag {
    case Tag.null, Tag.false, Tag.true: break
    case Tag.integer, Tag.timestamp: _ = try reader.readVarint()
    case Tag.double: _ = try reader.read(8)
    case Tag.string, Tag.bytes, Tag.key: _ = try reader.readCounted()
    case Tag.geoPoint: _ = try reader.read(16)
    default: throw CorruptBlob("a value has the unknown tag \(tag)")
    }
  }
}
