// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// A value under construction: what one `Encoder` has received so far.
///
/// One thread uses it during one call of `encode`. It does not outlive the call.
final class EncodingNode {
  /// A finished value, or one that a nested container may still add to.
  enum Slot {
    case value(Value)
    case marked(MarkedBytes)
    case node(EncodingNode)

    /// What the value means, or all elements of an array; see ``Entity/Property/meaning``.
    var meaning: Int32 {
      switch self {
      case .value: 0
      case .marked(let marked): marked.meaning
      case .node(let node): node.meaning
      }
    }
  }

  /// The container that the type has requested, with what it has received.
  enum Content {
    case empty
    case single(Slot)
    case keyed([ExactText: Slot])
    case unkeyed([Slot])
    /// The type has requested two different containers, and a value has only one.
    case conflict
  }

  let path: CodingPath?
  var content = Content.empty
  /// The key of a value that has one of its own.
  private var key: Key?
  private var ownUnindexed: Set<String> = []
  /// Whether a property named `key` that holds a key is the entity's key.
  private var takesKey = false

  /// Whether the value is the time of the write.
  private var isAutomatic = false

  init(path: CodingPath?) { self.path = path }

  private var meaning: Int32 {
    switch content {
    case .single(let slot): return slot.meaning
    case .unkeyed(let slots):
      guard let first = slots.first?.meaning, slots.allSatisfy({ $0.meaning == first }) else {
        return 0
      }
      return first
    case .empty, .keyed, .conflict: return 0
    }
  }

  /// The names of the properties that have the time of the write.
  var automaticNames: [String] {
    guard case .keyed(let fields) = content else { return [] }
    return fields.compactMap { name, slot in
      if case .node(let node) = slot, node.isAutomatic { name.text } else { nil }
    }
  }

  /// Encodes a value into this node.
  func fill(with value: some Encodable) throws {
    isAutomatic = type(of: value) == AutoNow.self
    if let structure = type(of: value) as? any DatastoreStructure.Type {
      takesKey = structure is any DatastoreEntity.Type
      ownUnindexed = structure.unindexedProperties
    }
    if let native = try Self.native(value, path: { self.path }) {
      content = .single(.value(native))
    } else {
      try value.encode(to: NodeEncoder(node: self))
    }
  }

  func set(_ slot: Slot) {
    switch content {
    case .empty, .single: content = .single(slot)
    case .keyed, .unkeyed, .conflict: content = .conflict
    }
  }

  func beginKeyed() {
    switch content {
    case .empty: content = .keyed([:])
    case .keyed, .conflict: break
    case .single, .unkeyed: content = .conflict
    }
  }

  func beginUnkeyed() {
    switch content {
    case .empty: content = .unkeyed([])
    case .unkeyed, .conflict: break
    case .single, .keyed: content = .conflict
    }
  }

  func set(_ name: String, _ slot: Slot) {
    guard case .keyed(var fields) = content else { return }
    // Taken out of the enumeration during the change, so that the dictionary is not copied.
    content = .empty
    fields[ExactText(name)] = slot
    content = .keyed(fields)
  }

  func append(_ slot: Slot) {
    guard case .unkeyed(var elements) = content else { return }
    content = .empty
    elements.append(slot)
    content = .unkeyed(elements)
  }

  var count: Int { if case .unkeyed(let elements) = content { elements.count } else { 0 } }

  /// The finished value, after the type has encoded everything.
  func finish(_ outer: IndexRules) throws -> Value {
    var rules = outer
    for name in ownUnindexed { rules.unindexed.insert(rules.prefix + name) }
    switch content {
    case .empty:
      return .entity(Entity())
    case .single(let slot):
      return try Self.value(of: slot, rules)
    case .unkeyed(let slots):
      return .array(try slots.map { try Self.value(of: $0, rules) })
    case .keyed(let fields):
      var entity = Entity()
      entity.properties.reserveCapacity(fields.count)
      for (name, slot) in fields.lazy.map({ ($0.key.text, $0.value) }) {
        if takesKey, name == "key", case .value(.key(let key)) = slot {
          entity.key = key
          continue
        }
        let value = try Self.value(of: slot, rules.inside(name))
        let meaning = slot.meaning
        let isIndexed = meaning == 0 && rules.isIndexed(name)
        entity.properties[name] = isIndexed ? .indexed(value) : .unindexed(value)
        if meaning != 0 { entity.properties[name]?.meaning = meaning }
      }
      return .entity(entity)
    case .conflict:
      throw DatastoreError(
        .invalidArgument,
        """
        The type requested two different containers from its encoder, but a property holds one \
        value. Correct the type's `encode(to:)`.
        """, property: CodingPath.text(CodingPath.steps(path)))
    }
  }

  private static func value(of slot: Slot, _ rules: IndexRules) throws -> Value {
    switch slot {
    case .value(let value): value
    case .marked(let marked): .bytes(marked.bytes)
    case .node(let node): try node.finish(rules)
    }
  }
}

extension EncodingNode {
  /// The slot of any value. A type that the Datastore has becomes a value at once. Any other type
  /// encodes itself.
  static func slot<T: Encodable>(_ value: T, path: () -> CodingPath?) throws -> Slot {
    if let native = try native(value, path: path) { return .value(native) }
    if T.self == MarkedBytes.self { return .marked(value as! MarkedBytes) }
    let node = EncodingNode(path: path())
    try node.fill(with: value)
    return .node(node)
  }

  /// The value of a type that the Datastore has. `nil` for any other type.
  private static func native<T: Encodable>(
    _ value: T, path: () -> CodingPath?
  ) throws -> Value? {
    // Compares types instead of casting the value, because an empty array can be cast to any array.
    if T.self == String.self { return .string(value as! String) }
    if T.self == Date.self { return .timestamp(Timestamp(value as! Date)) }
    if T.self == Key.self { return .key(value as! Key) }
    if T.self == Timestamp.self { return .timestamp(value as! Timestamp) }
    if T.self == [UInt8].self { return .bytes(value as! [UInt8]) }
    if T.self == Data.self { return .bytes(Array(value as! Data)) }
    if T.self == GeoPoint.self { return .geoPoint(value as! GeoPoint) }
    if T.self == URL.self { return .string((value as! URL).absoluteString) }
    guard T.self == Decimal.self else { return nil }
    throw DatastoreError(
      .invalidArgument,
      """
      A Decimal cannot be stored exactly: the Datastore has binary floating point only. Store it \
      as a String, or as an integer of the smallest unit.
      """, property: CodingPath.text(CodingPath.steps(path())))
  }

  /// The value of an integer. Throws if it does not fit into 64 bits with a sign.
  static func integer<T: FixedWidthInteger>(
    _ value: T, path: () -> CodingPath?
  ) throws -> Value {
    guard let number = Int64(exactly: value) else {
      throw DatastoreError(
        .invalidArgument,
        """
        The number \(value) does not fit: the Datastore's integers are \(Int64.min) to \
        \(Int64.max). Store it as a String, or as bytes.
        """, property: CodingPath.text(CodingPath.steps(path())))
    }
    return .integer(number)
  }
}
