// SPDX-License-Identifier: Apache-2.0
/// The encoder that a type's `encode(to:)` receives. It writes into one node.
struct NodeEncoder: Encoder {
  let node: EncodingNode

  var codingPath: [any CodingKey] { CodingPath.steps(node.path) }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.beginKeyed()
    return KeyedEncodingContainer(KeyedNode(node: node))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.beginUnkeyed()
    return UnkeyedNode(node: node)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleNode(node: node) }
}

/// The container of a type that is one value.
struct SingleNode: SingleValueEncodingContainer {
  let node: EncodingNode

  var codingPath: [any CodingKey] { CodingPath.steps(node.path) }

  private func put(_ value: Value) { node.set(.value(value)) }
  private func put(integer value: some FixedWidthInteger) throws {
    put(try EncodingNode.integer(value) { node.path })
  }

  func encodeNil() { put(.null) }
  func encode(_ value: Bool) { put(.boolean(value)) }
  func encode(_ value: String) { put(.string(value)) }
  func encode(_ value: Double) { put(.double(value)) }
  func encode(_ value: Float) { put(.double(Double(value))) }
  func encode(_ value: Int) throws { try put(integer: value) }
  func encode(_ value: Int8) throws { try put(integer: value) }
  func encode(_ value: Int16) throws { try put(integer: value) }
  func encode(_ value: Int32) throws { try put(integer: value) }
  func encode(_ value: Int64) throws { try put(integer: value) }
  func encode(_ value: UInt) throws { try put(integer: value) }
  func encode(_ value: UInt8) throws { try put(integer: value) }
  func encode(_ value: UInt16) throws { try put(integer: value) }
  func encode(_ value: UInt32) throws { try put(integer: value) }
  func encode(_ value: UInt64) throws { try put(integer: value) }
  func encode(_ value: some Encodable) throws {
    node.set(try EncodingNode.slot(value) { node.path })
  }
}

/// The container of an array.
struct UnkeyedNode: UnkeyedEncodingContainer {
  let node: EncodingNode

  var codingPath: [any CodingKey] { CodingPath.steps(node.path) }
  var count: Int { node.count }

  private var here: CodingPath { CodingPath(node.path, index: node.count) }
  private func put(_ value: Value) { node.append(.value(value)) }
  private func put(integer value: some FixedWidthInteger) throws {
    put(try EncodingNode.integer(value) { here })
  }

  func encodeNil() { put(.null) }
  func encode(_ value: Bool) { put(.boolean(value)) }
  func encode(_ value: String) { put(.string(value)) }
  func encode(_ value: Double) { put(.double(value)) }
  func encode(_ value: Float) { put(.double(Double(value))) }
  func encode(_ value: Int) throws { try put(integer: value) }
  func encode(_ value: Int8) throws { try put(integer: value) }
  func encode(_ value: Int16) throws { try put(integer: value) }
  func encode(_ value: Int32) throws { try put(integer: value) }
  func encode(_ value: Int64) throws { try put(integer: value) }
  func encode(_ value: UInt) throws { try put(integer: value) }
  func encode(_ value: UInt8) throws { try put(integer: value) }
  func encode(_ value: UInt16) throws { try put(integer: value) }
  func encode(_ value: UInt32) throws { try put(integer: value) }
  func encode(_ value: UInt64) throws { try put(integer: value) }
  func encode(_ value: some Encodable) throws {
    node.append(try EncodingNode.slot(value) { here })
  }

  func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    NodeEncoder(node: child()).container(keyedBy: type)
  }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    NodeEncoder(node: child()).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { NodeEncoder(node: child()) }

  private func child() -> EncodingNode {
    let child = EncodingNode(path: here)
    node.append(.node(child))
    return child
  }
}
