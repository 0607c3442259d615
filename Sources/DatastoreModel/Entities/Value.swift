// SPDX-License-Identifier: Apache-2.0
/// A value of a property.
///
/// Literals make values: `let value: Value = ["a", 1, 2.5, true]`. Strings are compared byte for
/// byte, as in the Datastore. Otherwise equality is that of Swift: a `double` that is not a number
/// equals nothing.
public enum Value: Sendable {
  /// Null. A property that is null exists, unlike a missing property.
  case null
  /// True or false.
  case boolean(Bool)
  /// An integer.
  case integer(Int64)
  /// A floating-point number, including infinities and not-a-number.
  case double(Double)
  /// A string. Up to 1,500 bytes of UTF-8 if indexed.
  case string(String)
  /// Bytes. Up to 1,500 if indexed.
  case bytes([UInt8])
  /// A point in time.
  case timestamp(Timestamp)
  /// The key of an entity, which need not exist.
  case key(Key)
  /// A geographical point.
  case geoPoint(GeoPoint)
  /// Several values, none of which is an array.
  case array([Value])
  /// An entity inside this one. Its key may be missing or incomplete.
  // Indirect, so that the properties of all entities do not take the room of an entity.
  indirect case entity(Entity)
}

extension Value {
  /// The boolean, if it is one.
  public var booleanValue: Bool? { if case .boolean(let value) = self { value } else { nil } }
  /// The integer, if it is one.
  public var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// The double, if it is one. An integer is not converted.
  public var doubleValue: Double? { if case .double(let value) = self { value } else { nil } }
  /// The string, if it is one.
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  /// The bytes, if it is bytes.
  public var bytesValue: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
  /// The timestamp, if it is one.
  public var timestampValue: Timestamp? {
    if case .timestamp(let value) = self { value } else { nil }
  }
  /// The key, if it is one.
  public var keyValue: Key? { if case .key(let value) = self { value } else { nil } }
  /// The geographical point, if it is one.
  public var geoPointValue: GeoPoint? {
    if case .geoPoint(let value) = self { value } else { nil }
  }
  /// The elements, if it is an array.
  public var arrayValue: [Value]? { if case .array(let value) = self { value } else { nil } }
  /// The entity, if it is a nested one.
  public var entityValue: Entity? { if case .entity(let value) = self { value } else { nil } }
  /// Whether it is ``null``.
  public var isNull: Bool { if case .null = self { true } else { false } }
}

extension Value: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByArrayLiteral
{
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  /// An integer.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// A double.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An array.
  public init(arrayLiteral elements: Value...) { self = .array(elements) }
}

extension Value: CustomStringConvertible {
  /// The value as messages show it. Long strings and bytes are cut, and their length is given.
  public var description: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value):
      value.utf8.count <= 200
        ? value.debugDescription
        : "\(value.clipped(100, mark: "").debugDescription)… (\(value.utf8.count) bytes)"
    case .bytes(let value): "<\(value.count) bytes>"
    case .timestamp(let value): value.description
    case .key(let value): value.description
    case .geoPoint(let value): value.description
    case .array(let values):
      values.count <= 20
        ? "\(values)"
        : "[\(values.prefix(20).map(\.description).joined(separator: ", ")), "
          + "… \(values.count) values]"
    case .entity(let value): value.description
    }
  }

  /// The type of the value as messages name it, such as "an integer".
  package var typeName: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .double: "a double"
    case .string: "a string"
    case .bytes: "bytes"
    case .timestamp: "a timestamp"
    case .key: "a key"
    case .geoPoint: "a geographical point"
    case .array: "an array"
    case .entity: "a nested entity"
    }
  }
}
