// SPDX-License-Identifier: Apache-2.0
/// The container of a struct or a dictionary: its fields are properties.
struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let entity: Entity
  let path: CodingPath?
  let takesKey: Bool
  /// What the entity has where it lacks a property.
  var defaults: Entity.Properties = [:]
  /// Whether the entity is made of the arrays of a repeated structure.
  var isElement = false

  var codingPath: [any CodingKey] { CodingPath.steps(path) }
  var allKeys: [Key] {
    var names = Array(entity.properties.keys)
    if takesKey, entity.key != nil, entity.properties["key"] == nil { names.append("key") }
    return names.compactMap { Key(stringValue: $0) }
  }

  private func property(_ name: String) -> (value: Value, meaning: Int32)? {
    if takesKey, name == "key", let key = entity.key { return (.key(key), 0) }
    return entity.properties[name].map { ($0.value, $0.meaning) }
  }

  private func value(_ name: String) -> Value? { property(name)?.value }

  private func node(_ key: Key) throws -> NodeDecoder {
    let property = property(key.stringValue)
    // Beside parts, null tells nothing: another element of a repeated structure may have them.
    if property?.value.isNull ?? true, let parts = entity.flattened(key.stringValue) {
      return NodeDecoder(
        value: .entity(parts), path: CodingPath(path, key), isFlattened: true,
        isElement: isElement, isMissing: (isElement || property != nil) && parts.hasOnlyNulls)
    }
    guard let property else {
      if let value = defaults[key.stringValue]?.value {
        return NodeDecoder(value: value, path: CodingPath(path, key))
      }
      throw DecodingError.keyNotFound(
        key,
        DecodingError.Context(
          codingPath: codingPath,
          debugDescription: "The entity has no property \"\(key.stringValue)\"."))
    }
    return NodeDecoder(
      value: property.value, path: CodingPath(path, key), meaning: property.meaning)
  }

  func contains(_ key: Key) -> Bool {
    value(key.stringValue) != nil || entity.flattened(key.stringValue) != nil
      || defaults[key.stringValue] != nil
  }
  func decodeNil(forKey key: Key) throws -> Bool { try node(key).isNull }
  func decode(_: Bool.Type, forKey key: Key) throws -> Bool { try node(key).boolean() }
  func decode(_: String.Type, forKey key: Key) throws -> String { try node(key).string() }
  func decode(_: Double.Type, forKey key: Key) throws -> Double { try node(key).double() }
  func decode(_: Float.Type, forKey key: Key) throws -> Float { try node(key).float() }
  func decode(_: Int.Type, forKey key: Key) throws -> Int { try node(key).integer() }
  func decode(_: Int8.Type, forKey key: Key) throws -> Int8 { try node(key).integer() }
  func decode(_: Int16.Type, forKey key: Key) throws -> Int16 { try node(key).integer() }
  func decode(_: Int32.Type, forKey key: Key) throws -> Int32 { try node(key).integer() }
  func decode(_: Int64.Type, forKey key: Key) throws -> Int64 { try node(key).integer() }
  func decode(_: UInt.Type, forKey key: Key) throws -> UInt { try node(key).integer() }
  func decode(_: UInt8.Type, forKey key: Key) throws -> UInt8 { try node(key).integer() }
  func decode(_: UInt16.Type, forKey key: Key) throws -> UInt16 { try node(key).integer() }
  func decode(_: UInt32.Type, forKey key: Key) throws -> UInt32 { try node(key).integer() }
  func decode(_: UInt64.Type, forKey key: Key) throws -> UInt64 { try node(key).integer() }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try node(key).read(type)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try node(key).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try node(key).unkeyedContainer()
  }
  func superDecoder() -> any Decoder {
    NodeDecoder(value: value("super") ?? .null, path: CodingPath(path, StepKey.super))
  }
  func superDecoder(forKey key: Key) -> any Decoder {
    NodeDecoder(value: value(key.stringValue) ?? .null, path: CodingPath(path, key))
  }
}

/// The container of an array. Reading past the end throws an error and never traps.
struct UnkeyedReader: UnkeyedDecodingContainer {
  let values: [Value]
  let path: CodingPath?
  /// Whether the values are made of the arrays of a repeated structure.
  let areElements: Bool
  /// What each of the values means.
  let meaning: Int32
  private(set) var currentIndex = 0

  init(values: [Value], path: CodingPath?, areElements: Bool = false, meaning: Int32 = 0) {
    self.meaning = meaning
    self.values = values
    self.path = path
    self.areElements = areElements
  }

  var codingPath: [any CodingKey] { CodingPath.steps(path) }
  var count: Int? { values.count }
  var isAtEnd: Bool { currentIndex >= values.count }

  /// Reads one element. Advances only on success.
  private mutating func next<T>(_ read: (NodeDecoder) throws -> T) throws -> T {
    let here = CodingPath(path, index: currentIndex)
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        T.self,
        DecodingError.Context(
          codingPath: CodingPath.steps(here),
          debugDescription: "The array has only \(values.count) values."))
    }
    let result = try read(
      NodeDecoder(
        value: values[currentIndex], path: here, isElement: areElements, meaning: meaning))
    currentIndex += 1
    return result
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd else { return try next { _ in true } }
    guard values[currentIndex].isNull else { return false }
    currentIndex += 1
    return true
  }
  mutating func decode(_: Bool.Type) throws -> Bool { try next { try $0.boolean() } }
  mutating func decode(_: String.Type) throws -> String { try next { try $0.string() } }
  mutating func decode(_: Double.Type) throws -> Double { try next { try $0.double() } }
  mutating func decode(_: Float.Type) throws -> Float { try next { try $0.float() } }
  mutating func decode(_: Int.Type) throws -> Int { try next { try $0.integer() } }
  mutating func decode(_: Int8.Type) throws -> Int8 { try next { try $0.integer() } }
  mutating func decode(_: Int16.Type) throws -> Int16 { try next { try $0.integer() } }
  mutating func decode(_: Int32.Type) throws -> Int32 { try next { try $0.integer() } }
  mutating func decode(_: Int64.Type) throws -> Int64 { try next { try $0.integer() } }
  mutating func decode(_: UInt.Type) throws -> UInt { try next { try $0.integer() } }
  mutating func decode(_: UInt8.Type) throws -> UInt8 { try next { try $0.integer() } }
  mutating func decode(_: UInt16.Type) throws -> UInt16 { try next { try $0.integer() } }
  mutating func decode(_: UInt32.Type) throws -> UInt32 { try next { try $0.integer() } }
  mutating func decode(_: UInt64.Type) throws -> UInt64 { try next { try $0.integer() } }
  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try next { try $0.read(type) }
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    try next { try $0.container(keyedBy: type) }
  }
  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next { try $0.unkeyedContainer() }
  }
  mutating func superDecoder() throws -> any Decoder { try next { $0 } }
}
