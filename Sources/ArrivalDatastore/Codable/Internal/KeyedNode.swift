// SPDX-License-Identifier: Apache-2.0
/// The container of a struct or a dictionary: its fields become properties.
struct KeyedNode<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: EncodingNode

  var codingPath: [any CodingKey] { CodingPath.steps(node.path) }

  private func put(_ value: Value, _ key: Key) { node.set(key.stringValue, .value(value)) }
  private func put(integer value: some FixedWidthInteger, _ key: Key) throws {
    put(try EncodingNode.integer(value) { CodingPath(node.path, key) }, key)
  }

  func encodeNil(forKey key: Key) { put(.null, key) }
  func encode(_ value: Bool, forKey key: Key) { put(.boolean(value), key) }
  func encode(_ value: String, forKey key: Key) { put(.string(value), key) }
  func encode(_ value: Double, forKey key: Key) { put(.double(value), key) }
  func encode(_ value: Float, forKey key: Key) { put(.double(Double(value)), key) }
  func encode(_ value: Int, forKey key: Key) throws { try put(integer: value, key) }
  func encode(_ value: Int8, forKey key: Key) throws { try put(integer: value, key) }
  func encode(_ value: Int16, forKey key: Key) throws { try put(integer: value, key) }
  func encode(_ value: Int32, forKey key: Key) throws { try put(integer: value, key) }
  func encode(_ value: Int64, forKey key: Key) throws { try put(integer: value, key) }
  func encode(_ value: UInt, forKey key: Key) throws { try put(integer: value, key) }
  func encode(_ value: UInt8, forKey key: Key) throws { try put(integer: value, key) }
  func encode(_ value: UInt16, forKey key: Key) throws { try put(integer: value, key) }
  func encode(_ value: UInt32, forKey key: Key) throws { try put(integer: value, key) }
  func encode(_ value: UInt64, forKey key: Key) throws { try put(integer: value, key) }
  func encode(_ value: some Encodable, forKey key: Key) throws {
    node.set(key.stringValue, try EncodingNode.slot(value) { CodingPath(node.path, key) })
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    NodeEncoder(node: child(key)).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    NodeEncoder(node: child(key)).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { NodeEncoder(node: child(StepKey.super)) }
  func superEncoder(forKey key: Key) -> any Encoder { NodeEncoder(node: child(key)) }

  private func child(_ key: any CodingKey) -> EncodingNode {
    let child = EncodingNode(path: CodingPath(node.path, key))
    node.set(key.stringValue, .node(child))
    return child
  }

  // The standard library leaves out a `nil`. Here it is stored as null, so that queries can find
  // it.
  func encodeIfPresent(_ value: Bool?, forKey key: Key) throws {
    if let value { encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: String?, forKey key: Key) throws {
    if let value { encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: Double?, forKey key: Key) throws {
    if let value { encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: Float?, forKey key: Key) throws {
    if let value { encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: Int?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: Int8?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: Int16?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: Int32?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: Int64?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: UInt?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
  func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
    if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
  }
}
