/// A value of a property.
///
/// Literals make values: `let value: Value = ["a", 1, 2.5, true]`. Equality is Swift's: a `double`
/// that is not a number equals nothing, and texts are compared as `String`s.
public enum Value: Sendable, Hashable {
  /// Nothing; not the same as a property that is not there.
  case null
  /// Yes or no.
  case boolean(Bool)
  /// A whole number.
  case integer(Int64)
  /// A floating-point number; infinities and not-a-number are kept.
  case double(Double)
  /// A text; up to 1,500 bytes of UTF-8 if indexed.
  case string(String)
  /// Bytes; up to 1,500 if indexed.
  case bytes([UInt8])
  /// A point in time.
  case timestamp(Timestamp)
  /// The key of some entity, which need not exist.
  case key(Key)
  /// A place on the globe.
  case geoPoint(GeoPoint)
  /// Several values; none of them an array itself.
  case array([Value])
  /// An entity inside this one; its key may be missing or incomplete.
  case entity(Entity)
}

extension Value {
  /// The flag, if it is a boolean.
  public var booleanValue: Bool? { if case .boolean(let value) = self { value } else { nil } }
  /// The number, if it is an integer.
  public var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// The number, if it is a double; an integer is not converted.
  public var doubleValue: Double? { if case .double(let value) = self { value } else { nil } }
  /// The text, if it is a string.
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  /// The bytes, if it is bytes.
  public var bytesValue: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
  /// The point in time, if it is a timestamp.
  public var timestampValue: Timestamp? {
    if case .timestamp(let value) = self { value } else { nil }
  }
  /// The key, if it is one.
  public var keyValue: Key? { if case .key(let value) = self { value } else { nil } }
  /// The place, if it is a geographical point.
  public var geoPointValue: GeoPoint? {
    if case .geoPoint(let value) = self { value } else { nil }
  }
  /// The values, if it is an array.
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
  /// The value as a person would write it; long texts and bytes are cut, with their length.
  public var description: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value):
      value.utf8.count <= 200
        ? value.debugDescription
        : "\(String(value.prefix(100)).debugDescription)… (\(value.utf8.count) bytes)"
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

  /// What kind of value it is, as a person would say: "an integer".
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
