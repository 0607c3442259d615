// SPDX-License-Identifier: Apache-2.0
/// A `Codable` type that is stored as an entity and carries its own key.
///
/// ```swift
/// struct User: DatastoreEntity {
///   static let unindexedProperties: Set = ["bio", "address.note"]
///
///   var key = User.newKey()
///   var name: String
///   var bio: String
///   var address: Address
/// }
///
/// let new = User(name: "Ann", bio: "Born in Oslo.", address: Address(city: "Oslo"))
/// let key = try await datastore.put(new).value
/// let ann = try await datastore.get(key, as: User.self).value
/// ```
///
/// The property `key` becomes the entity's key and is not stored again as a property. All others
/// become properties named by their coding keys. A type without a key inside it needs only
/// `Codable`: `put(_:key:)` takes the key separately.
public protocol DatastoreEntity: DatastoreStructure {
  /// The kind of this type's entities. Default: the name of the type.
  static var kind: String { get }
  /// The stored names of properties, where queries cannot find the names by themselves. Default:
  /// none.
  ///
  /// ```swift
  /// extension User {
  ///   static var propertyNames: [PartialKeyPath<User>: String] {
  ///     [\.role: "role", \.address.city: "address.city"]
  ///   }
  /// }
  /// ```
  ///
  /// The initializer of ``Query`` that takes a type says when queries need this.
  static var propertyNames: [PartialKeyPath<Self>: String] { get }
  /// Whether nested values are stored in the default form of NDB: `home.city` and `home.street` as
  /// properties of the entity, and an array of nested values as an array for each part. Default:
  /// `false`, which stores nested entities.
  ///
  /// Both forms are read, and queries find both. Values in
  /// ``DatastoreStructure/unindexedProperties`` stay nested entities, as those of NDB's
  /// `LocalStructuredProperty`. As in NDB, nothing is stored for an empty array of nested values:
  /// give it a default in ``DatastoreStructure/defaultProperties``.
  static var flattensStructures: Bool { get }
  /// The key of the entity. If it is incomplete, the datastore assigns an ID.
  var key: Key { get set }
  /// Called before the entity is put, inserted or updated, on a copy. Default: does nothing.
  ///
  /// It checks the value, or brings it into the form to store:
  ///
  /// ```swift
  /// extension User {
  ///   mutating func willPut() throws {
  ///     email = email.lowercased()
  ///     guard email.contains("@") else { throw InvalidEmail() }
  ///   }
  /// }
  /// ```
  ///
  /// An error that it throws fails the call with `invalidArgument` and is the cause.
  mutating func willPut() throws
  /// Properties that are stored beside those of the type, so that queries can use them. Default:
  /// none.
  ///
  /// ```swift
  /// extension User {
  ///   func computedProperties() -> Entity.Properties {
  ///     ["nameLower": .init(.string(name.lowercased()))]
  ///   }
  /// }
  /// ```
  ///
  /// They are computed when the entity is written, and not read back.
  func computedProperties() throws -> Entity.Properties
}

/// A type whose stored form needs rules: an entity's own type, or that of a nested value.
public protocol DatastoreStructure: Codable, Sendable {
  /// The properties that no query uses, nested ones as `outer.inner`. Default: none.
  ///
  /// Only unindexed properties accept strings and bytes of over 1,500 bytes. If you name a property
  /// that holds a nested entity or an array, all of it is left out of the indexes.
  static var unindexedProperties: Set<String> { get }
  /// The values of properties that a stored entity lacks, because it is older than they are.
  /// Default: none.
  ///
  /// ```swift
  /// extension User {
  ///   static let defaultProperties: Entity.Properties = ["plan": "free", "visits": 0]
  /// }
  /// ```
  ///
  /// A missing property without a default becomes `nil` if it is an optional, and is an error
  /// otherwise. Queries do not find an entity by a property that it lacks.
  static var defaultProperties: Entity.Properties { get }
}

extension DatastoreStructure {
  /// None.
  public static var unindexedProperties: Set<String> { [] }
  /// None.
  public static var defaultProperties: Entity.Properties { [:] }
}

extension DatastoreEntity {
  /// The name of the type.
  public static var kind: String { String(describing: Self.self) }
  /// None.
  public static var propertyNames: [PartialKeyPath<Self>: String] { [:] }

  /// `false`.
  public static var flattensStructures: Bool { false }
  /// Does nothing.
  public mutating func willPut() {}
  /// None.
  public func computedProperties() -> Entity.Properties { [:] }

  /// A key of this kind with a number.
  public static func key(id: Int64, parent: Key? = nil, namespace: String? = nil) -> Key {
    Key(kind, id: id, parent: parent, namespace: namespace)
  }

  /// A key of this kind with a name.
  public static func key(name: String, parent: Key? = nil, namespace: String? = nil) -> Key {
    Key(kind, name: name, parent: parent, namespace: namespace)
  }

  /// A key of this kind that `put` completes.
  public static func newKey(parent: Key? = nil, namespace: String? = nil) -> Key {
    Key(incomplete: kind, parent: parent, namespace: namespace)
  }
}
