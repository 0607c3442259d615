// SPDX-License-Identifier: Apache-2.0
/// Encodes `Encodable` values as entities.
///
/// | Swift | Datastore |
/// | --- | --- |
/// | `Bool`, `String`, every integer type that fits `Int64` | boolean, string, integer |
/// | `Double`, `Float` (infinities and NaN too) | double |
/// | `nil` | null |
/// | `Date`, ``Timestamp`` | timestamp, to the microsecond |
/// | `Data`, `[UInt8]` | bytes |
/// | ``Key``, ``GeoPoint`` | key, geographical point |
/// | `URL` | string |
/// | enumerations with raw values | the raw value |
/// | arrays, sets | array |
/// | structs, dictionaries with `String` keys | nested entity |
///
/// `Decimal` is refused, because no type of the Datastore holds it exactly. Store it as a string,
/// or as an integer of the smallest unit. An array directly inside an array is encoded, but `put`
/// refuses it.
public struct EntityEncoder: Sendable {
  /// Properties to leave out of the indexes, in addition to the type's own `unindexedProperties`. A
  /// nested property is `outer.inner`.
  public var unindexedProperties: Set<String>

  /// Whether nested values are stored in the default form of NDB, also if their type does not say
  /// so; see ``DatastoreEntity/flattensStructures``.
  public var flattensStructures: Bool

  /// Makes an encoder.
  public init(unindexedProperties: Set<String> = [], flattensStructures: Bool = false) {
    self.flattensStructures = flattensStructures
    self.unindexedProperties = unindexedProperties
  }

  /// Encodes a value that carries its own key.
  ///
  /// - Throws: ``DatastoreError`` with `invalidArgument` if the Datastore cannot hold the value, or
  ///   if the key has another kind than the type. It names the key and the path of the property. If
  ///   the type threw an error, that is the cause.
  public func encode(_ value: some DatastoreEntity) throws(DatastoreError) -> Entity {
    try encode(whole: value).entity
  }

  /// Encodes a value that carries its own key, and names the properties that change with others:
  /// computed ones, and those with the time of the write.
  func encodeWithAutomaticNames(
    _ value: some DatastoreEntity
  ) throws(DatastoreError) -> (entity: Entity, automatic: [String]) {
    let (entity, node, computed) = try encode(whole: value)
    return (entity, node.automaticNames + computed.keys)
  }

  private func encode(
    whole value: some DatastoreEntity
  ) throws(DatastoreError) -> (entity: Entity, node: EncodingNode, computed: Entity.Properties) {
    var value = value
    let key = value.key
    try Self.requireKind(of: type(of: value), key)
    let computed: Entity.Properties
    do {
      try value.willPut()
      computed = try value.computedProperties()
    } catch var error as DatastoreError {
      error.key = error.key ?? key
      throw error
    } catch {
      throw DatastoreError(
        .invalidArgument, "\(type(of: value)) refused to be written: \(error)", key: key,
        cause: error)
    }
    var (entity, node) = try encode(any: value, key: value.key)
    for (name, property) in computed { entity.properties[name] = property }
    if let type = type(of: value) as? any PolymorphicEntity.Type {
      entity[EntityFamily.property] = .array(type.classNames.map { .string($0) })
    }
    return (entity, node, computed)
  }

  /// NDB raises a `KindError`. An entity of one type never replaces one of another.
  private static func requireKind(
    of type: any DatastoreEntity.Type, _ key: Key
  ) throws(DatastoreError) {
    if key.kind == type.kind { return }
    throw DatastoreError(
      .invalidArgument,
      """
      The key is of kind "\(key.kind)", and \(type) is stored as kind "\(type.kind)". Use \
      \(type).key(id:) or \(type).newKey() to make its keys.
      """, key: key)
  }

  /// Encodes a value whose key is given separately.
  ///
  /// - Throws: As ``encode(_:)``.
  public func encode(_ value: some Encodable, key: Key?) throws(DatastoreError) -> Entity {
    try encode(any: value, key: key).entity
  }

  /// The value that a property would have.
  static func value(_ value: some Encodable) throws(DatastoreError) -> Value {
    do {
      switch try EncodingNode.slot(value, path: { nil }) {
      case .value(let value): return value
      case .marked(let marked): return .bytes(marked.bytes)
      case .node(let node): return try node.finish(IndexRules(unindexed: []))
      }
    } catch let error as DatastoreError {
      throw error
    } catch let error as EncodingError {
      throw Self.error(error, key: nil)
    } catch {
      throw DatastoreError(
        .invalidArgument, "\(type(of: value)) could not be encoded.", cause: error)
    }
  }

  private func encode(
    any value: some Encodable, key: Key?
  ) throws(DatastoreError) -> (entity: Entity, node: EncodingNode) {
    do {
      let node = EncodingNode(path: nil)
      try node.fill(with: value)
      var unindexed = unindexedProperties
      if let type = type(of: value) as? any DatastoreStructure.Type {
        unindexed.formUnion(type.unindexedProperties)
      }
      let content = try node.finish(IndexRules(unindexed: unindexed))
      guard case .entity(var entity) = content else {
        throw DatastoreError(
          .invalidArgument,
          """
          \(type(of: value)) is encoded as \(content.typeName), but an entity needs named \
          properties. Put it into a struct or a dictionary with String keys.
          """)
      }
      entity.key = key
      let isFlat = (type(of: value) as? any DatastoreEntity.Type)?.flattensStructures ?? false
      if flattensStructures || isFlat { entity.properties = try entity.flattenedProperties() }
      return (entity, node)
    } catch var error as DatastoreError {
      error.key = error.key ?? key
      throw error
    } catch let error as EncodingError {
      throw Self.error(error, key: key)
    } catch {
      throw DatastoreError(
        .invalidArgument, "\(type(of: value)) could not be encoded.", key: key, cause: error)
    }
  }

  private static func error(_ error: EncodingError, key: Key?) -> DatastoreError {
    guard case .invalidValue(_, let context) = error else {
      return DatastoreError(
        .invalidArgument, "The value could not be encoded.", key: key, cause: error)
    }
    return DatastoreError(
      .invalidArgument, context.debugDescription, key: key,
      property: CodingPath.text(context.codingPath), cause: error)
  }
}

/// The properties of an entity that are left out of the indexes, seen from a place inside it.
struct IndexRules {
  var unindexed: Set<String>
  /// The path of the place and a dot. Empty at the top level.
  var prefix = ""

  func isIndexed(_ name: String) -> Bool {
    unindexed.isEmpty || !unindexed.contains(prefix.isEmpty ? name : prefix + name)
  }

  func inside(_ name: String) -> IndexRules {
    unindexed.isEmpty ? self : IndexRules(unindexed: unindexed, prefix: "\(prefix)\(name).")
  }
}
