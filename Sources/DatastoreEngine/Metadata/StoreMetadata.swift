// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// The entities about the datastore itself, which queries of the kinds `__namespace__`, `__kind__`
/// and `__property__` find.
///
/// Their form is Google's: the key of a kind is `__kind__/NAME`, that of a property
/// `__kind__/KIND/__property__/NAME`. A property has `property_representation`, the types of its
/// indexed values. The default namespace has the ID 1.
///
/// Unstable: this type may change in any minor release.
public struct StoreMetadata {
  /// The kinds of such entities.
  public enum Sort: String, Sendable {
    case namespace = "__namespace__"
    case kind = "__kind__"
    case property = "__property__"
  }

  private struct Name: Hashable {
    var kind: ExactText
    var property: ExactText
  }

  private let sort: Sort
  private let namespace: String
  /// The database, whose namespaces alone are found.
  private let scope: DatabaseScope
  private var namespaces: Set<String> = []
  private var kinds: Set<ExactText> = []
  private var properties: [Name: Set<String>] = [:]

  /// Begins to collect what a query needs. `nil` if the query is of another kind.
  public init?(for request: QueryRequest) {
    guard let sort = request.kind.flatMap({ Sort(rawValue: $0) }) else { return nil }
    self.sort = sort
    namespace = request.namespace
    scope = DatabaseScope(ofStored: request.namespace)
  }

  /// Whether values of properties are needed, which takes longest.
  public var needsProperties: Bool { sort == .property }

  /// Notes that a namespace has entities of a kind.
  public mutating func add(kind: String, in namespace: String) {
    if let visible = scope.visible(namespace: namespace) { namespaces.insert(visible) }
    if namespace == self.namespace { kinds.insert(ExactText(kind)) }
  }

  /// Notes an indexed value of a property by the first byte of its form in ``IndexCodec``.
  public mutating func add(property: String, of kind: String, in namespace: String, rank: UInt8) {
    guard needsProperties, namespace == self.namespace else { return }
    properties[Name(kind: ExactText(kind), property: ExactText(property)), default: []].insert(
      Self.representation(rank))
  }

  /// Notes an entity and its indexed values.
  public mutating func add(_ entity: Entity) {
    guard let key = entity.key else { return }
    add(kind: key.kind, in: key.namespace)
    guard needsProperties, key.namespace == namespace else { return }
    entity.forEachIndexedValue { name, value in
      guard let rank = IndexCodec.encode(value).first else { return }
      add(property: name, of: key.kind, in: key.namespace, rank: rank)
    }
  }

  private static func representation(_ rank: UInt8) -> String {
    switch rank {
    case IndexCodec.Rank.null: "NULL"
    case IndexCodec.Rank.fixedPoint: "INT64"
    case IndexCodec.Rank.boolean: "BOOLEAN"
    case IndexCodec.Rank.text: "STRING"
    case IndexCodec.Rank.double: "DOUBLE"
    case IndexCodec.Rank.geoPoint: "POINT"
    default: "REFERENCE"
    }
  }

  /// The collected entities, as an ``EntityScan`` takes them.
  public var entities: [(key: [UInt8], entity: Entity)] {
    let found: [Entity] =
      switch sort {
      case .namespace:
        namespaces.map { name in
          Entity(
            name.isEmpty
              ? Key(sort.rawValue, id: 1, namespace: namespace)
              : Key(sort.rawValue, name: name, namespace: namespace))
        }
      case .kind: kinds.map { Entity(Self.key(ofKind: $0.text, namespace)) }
      case .property:
        properties.map { name, types in
          Entity(
            Key(
              sort.rawValue, name: name.property.text,
              parent: Self.key(ofKind: name.kind.text, namespace)),
            ["property_representation": .indexed(.array(types.sorted().map { .string($0) }))])
        }
      }
    return found.compactMap { entity in
      entity.key.map { (key: KeyCodec.encode($0), entity: entity) }
    }
  }

  private static func key(ofKind kind: String, _ namespace: String) -> Key {
    Key(Sort.kind.rawValue, name: kind, namespace: namespace)
  }
}
