// SPDX-License-Identifier: Apache-2.0
/// One of several types that share a kind, as the subclasses of NDB's `PolyModel`.
///
/// ```swift
/// struct Cat: PolymorphicEntity {
///   static let classNames = ["Animal", "Cat"]
///   var key = Cat.newKey()
///   var lives: Int
/// }
///
/// let animals = EntityFamily(Cat.self, Dog.self)
/// for try await animal in datastore.query(Query(animals)) {
///   if let cat = animal as? Cat { print(cat.lives) }
/// }
/// let cats = datastore.query(Query(Cat.self).where(\.lives > 1))
/// ```
///
/// The names are stored in the property `class`, in the form of NDB.
public protocol PolymorphicEntity: DatastoreEntity {
  /// The name of the kind, the names of the types between, and the name of this type.
  static var classNames: [String] { get }
}

extension PolymorphicEntity {
  /// The first of the names.
  public static var kind: String { classNames.first ?? String(describing: Self.self) }
}

/// The types of the entities of a kind.
public struct EntityFamily: Sendable {
  /// The name of the property that has the names of types.
  static let property = "class"

  private let types: [any PolymorphicEntity.Type]

  /// Makes a family of types of one kind.
  public init(_ types: any PolymorphicEntity.Type...) { self.types = types }

  /// The kind of the first type.
  var kind: String { types.first?.kind ?? "" }

  /// Decodes an entity as the type whose name it has.
  ///
  /// An entity of a type that the family lacks is read as the nearest type above it.
  ///
  /// - Throws: ``DatastoreError`` with `decodingFailed` if the family has none of the entity's
  ///   types, or as ``EntityDecoder/decode(_:from:)``.
  public func decode(_ entity: Entity) throws(DatastoreError) -> any PolymorphicEntity {
    let names = entity[Self.property]?.arrayValue?.compactMap(\.stringValue) ?? []
    for name in names.reversed() {
      guard let type = types.first(where: { $0.classNames.last == name }) else { continue }
      return try Self.decode(type, entity)
    }
    throw DatastoreError(
      .decodingFailed,
      """
      The entity is of the types \(names), of which the family has none. It has \
      \(types.map { $0.classNames.joined(separator: "/") }). Add the type to the family.
      """, key: entity.key, property: Self.property)
  }

  private static func decode<T: PolymorphicEntity>(
    _ type: T.Type, _ entity: Entity
  ) throws(DatastoreError) -> any PolymorphicEntity {
    try EntityDecoder().decode(type, from: entity)
  }
}
