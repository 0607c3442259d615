// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore
internal import FoundationEssentials

/// A property that is stored compressed, as NDB's properties with `compressed=True`.
///
/// ```swift
/// struct Page: DatastoreEntity {
///   var key = Page.newKey()
///   var title: String
///   @Compressed var text: String
///   @Compressed var image: Data?
/// }
/// ```
///
/// It is stored as bytes that zlib has compressed, with the `meaning` 22 by which App Engine and
/// NDB recognise them, and it is not indexed. Bytes and texts that were stored before the property
/// was compressed are read, too.
@propertyWrapper
public struct Compressed<Value: CompressibleValue>: Codable {
  /// The value, not compressed.
  public var wrappedValue: Value

  /// Makes the property with a value.
  public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

  /// Reads and decompresses the stored bytes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try Self.value(in: container) {
      wrappedValue = value
      return
    }
    throw DecodingError.dataCorruptedError(
      in: container, debugDescription: "the bytes are not a compressed \(Value.self).")
  }

  private static func value(in container: any SingleValueDecodingContainer) throws -> Value? {
    if container.decodeNil() { return Value(decompressed: nil) }
    if let text = try? container.decode(String.self) {
      return Value(decompressed: Array(text.utf8))
    }
    let stored = try container.decode(MarkedBytes.self)
    if let bytes = Zlib.decompress(stored.bytes) { return Value(decompressed: bytes) }
    return stored.meaning == MarkedBytes.compressed ? nil : Value(decompressed: stored.bytes)
  }

  /// Compresses the value and writes it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    guard let bytes = wrappedValue.decompressedBytes else { return try container.encodeNil() }
    guard let compressed = Zlib.compress(bytes) else {
      throw EncodingError.invalidValue(
        wrappedValue,
        .init(codingPath: encoder.codingPath, debugDescription: "zlib cannot compress the value."))
    }
    try container.encode(MarkedBytes(compressed, meaning: MarkedBytes.compressed))
  }
}

extension Compressed: Sendable where Value: Sendable {}
extension Compressed: Equatable where Value: Equatable {}
extension Compressed: Hashable where Value: Hashable {}

// The compiler calls it in the initialisers that it makes, so that older entities may lack the
// property.
extension KeyedDecodingContainer {
  /// The value, `nil` if the property is missing.
  public func decode<Wrapped: CompressibleValue>(
    _ type: Compressed<Wrapped?>.Type, forKey key: Key
  ) throws -> Compressed<Wrapped?> {
    try decodeIfPresent(type, forKey: key) ?? Compressed(wrappedValue: nil)
  }
}

/// A value that ``Compressed`` can store: `Data`, `[UInt8]`, `String`, or an optional one.
public protocol CompressibleValue {
  /// Makes the value of these bytes. `nil` if they are not those of such a value.
  init?(decompressed bytes: [UInt8]?)
  /// The bytes of the value. `nil` for none.
  var decompressedBytes: [UInt8]? { get }
}

extension [UInt8]: CompressibleValue {
  public init?(decompressed bytes: [UInt8]?) {
    guard let bytes else { return nil }
    self = bytes
  }
  public var decompressedBytes: [UInt8]? { self }
}

extension String: CompressibleValue {
  public init?(decompressed bytes: [UInt8]?) {
    guard let bytes else { return nil }
    self.init(validating: bytes, as: UTF8.self)
  }
  public var decompressedBytes: [UInt8]? { Array(utf8) }
}

extension Optional: CompressibleValue where Wrapped: CompressibleValue {
  public init?(decompressed bytes: [UInt8]?) {
    guard let bytes else {
      self = .none
      return
    }
    guard let value = Wrapped(decompressed: bytes) else { return nil }
    self = .some(value)
  }
  public var decompressedBytes: [UInt8]? { self?.decompressedBytes }
}
