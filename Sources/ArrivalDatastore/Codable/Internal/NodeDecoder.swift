// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// The decoder that a type's `init(from:)` receives: one value and its place.
struct NodeDecoder: Decoder {
  let value: Value
  let path: CodingPath?
  /// Whether the property named `key` is the entity's own key.
  var takesKey = false
  /// The type whose rules apply to the value.
  var structure: (any DatastoreStructure.Type)?
  /// Whether the value is an entity whose properties are parts of one or of several values; see
  /// ``Entity/flattened(_:)``.
  var isFlattened = false
  /// Whether the value is made of the arrays of a repeated structure.
  var isElement = false
  /// What the value means; see ``Entity/Property/meaning``.
  var meaning: Int32 = 0
  /// Whether the value stands for `nil`: all its parts are null.
  var isMissing = false

  var isNull: Bool { isMissing || value.isNull }

  var codingPath: [any CodingKey] { CodingPath.steps(path) }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .entity(let entity) = value else { throw mismatch("a nested entity", Entity.self) }
    return KeyedDecodingContainer(
      KeyedReader(
        entity: entity, path: path, takesKey: takesKey,
        defaults: structure?.defaultProperties ?? [:], isElement: isElement))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    if isFlattened, case .entity(let parts) = value {
      return UnkeyedReader(values: try elements(of: parts), path: path, areElements: true)
    }
    guard case .array(let values) = value else { throw mismatch("an array", [Value].self) }
    return UnkeyedReader(values: values, path: path, meaning: meaning)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { SingleReader(node: self) }
}

extension NodeDecoder {
  /// Reads the value as any type. A type that the Datastore has is read at once. Any other type
  /// decodes itself.
  func read<T: Decodable>(_ type: T.Type) throws -> T {
    if T.self == String.self { return try string(T.self) as! T }
    if T.self == Date.self { return try timestamp(T.self).date as! T }
    if T.self == Key.self {
      guard case .key(let key) = value else { throw mismatch("a key", T.self) }
      return key as! T
    }
    if T.self == Timestamp.self { return try timestamp(T.self) as! T }
    if T.self == [UInt8].self { return try bytes(T.self) as! T }
    if T.self == Data.self { return Data(try bytes(T.self)) as! T }
    if T.self == GeoPoint.self {
      guard case .geoPoint(let point) = value else {
        throw mismatch("a geographical point", T.self)
      }
      return point as! T
    }
    if T.self == URL.self {
      let text = try string(T.self)
      guard let url = URL(string: text) else { throw corrupted("the string is not a URL", T.self) }
      return url as! T
    }
    if T.self == Decimal.self {
      throw corrupted("a Decimal cannot be stored exactly; declare a String or an Int", T.self)
    }
    if T.self == MarkedBytes.self {
      return MarkedBytes(try bytes(T.self), meaning: meaning) as! T
    }
    if let structure = T.self as? any DatastoreStructure.Type {
      var own = self
      own.structure = structure
      own.takesKey = structure is any DatastoreEntity.Type
      return try T(from: own)
    }
    return try T(from: self)
  }

  func boolean() throws -> Bool {
    guard case .boolean(let flag) = value else { throw mismatch("a boolean", Bool.self) }
    return flag
  }

  func string(_ type: Any.Type = String.self) throws -> String {
    guard case .string(let text) = value else { throw mismatch("a string", type) }
    return text
  }

  private func timestamp(_ type: Any.Type) throws -> Timestamp {
    guard case .timestamp(let time) = value else { throw mismatch("a timestamp", type) }
    return time
  }

  private func bytes(_ type: Any.Type) throws -> [UInt8] {
    guard case .bytes(let bytes) = value else { throw mismatch("bytes", type) }
    return bytes
  }

  func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws -> T {
    guard case .integer(let number) = value else { throw mismatch("an integer", type) }
    guard let fitting = T(exactly: number) else {
      throw corrupted("the number \(number) does not fit into \(type)", type)
    }
    return fitting
  }

  func double(_ type: Any.Type = Double.self) throws -> Double {
    if case .double(let number) = value { return number }
    guard case .integer(let number) = value else { throw mismatch("a double", type) }
    guard let exact = Double(exactly: number) else {
      throw corrupted("the integer \(number) has no exact \(type)", type)
    }
    return exact
  }

  func float() throws -> Float {
    let number = try double(Float.self)
    let float = Float(number)
    guard float.isFinite || !number.isFinite else {
      throw corrupted("the number \(number) does not fit into Float", Float.self)
    }
    return float
  }
}

extension NodeDecoder {
  func mismatch(_ wanted: String, _ type: Any.Type) -> DecodingError {
    let context = DecodingError.Context(
      codingPath: codingPath,
      debugDescription: "\(type) needs \(wanted), but the value is \(value.typeName).")
    return value.isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }

  private func corrupted(_ what: String, _ type: Any.Type) -> DecodingError {
    .dataCorrupted(DecodingError.Context(codingPath: codingPath, debugDescription: what + "."))
  }
}

/// The container of a type that is one value.
struct SingleReader: SingleValueDecodingContainer {
  let node: NodeDecoder

  var codingPath: [any CodingKey] { node.codingPath }

  func decodeNil() -> Bool { node.isNull }
  func decode(_: Bool.Type) throws -> Bool { try node.boolean() }
  func decode(_: String.Type) throws -> String { try node.string() }
  func decode(_: Double.Type) throws -> Double { try node.double() }
  func decode(_: Float.Type) throws -> Float { try node.float() }
  func decode(_: Int.Type) throws -> Int { try node.integer() }
  func decode(_: Int8.Type) throws -> Int8 { try node.integer() }
  func decode(_: Int16.Type) throws -> Int16 { try node.integer() }
  func decode(_: Int32.Type) throws -> Int32 { try node.integer() }
  func decode(_: Int64.Type) throws -> Int64 { try node.integer() }
  func decode(_: UInt.Type) throws -> UInt { try node.integer() }
  func decode(_: UInt8.Type) throws -> UInt8 { try node.integer() }
  func decode(_: UInt16.Type) throws -> UInt16 { try node.integer() }
  func decode(_: UInt32.Type) throws -> UInt32 { try node.integer() }
  func decode(_: UInt64.Type) throws -> UInt64 { try node.integer() }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try node.read(type) }
}
