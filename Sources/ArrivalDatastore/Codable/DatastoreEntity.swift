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
/// let key = try await datastore.put(User(name: "Ann", …)).value
/// let ann = try await datastore.get(key, as: User.self).value
/// ```
///
/// The property `key` becomes the entity's key and is not stored again as a property. All others
/// become properties named by their coding keys. A type without a key inside it needs only
/// `Codable`: `put(_:key:)` takes the key separately.
public protocol DatastoreEntity: Codable, Sendable {
  /// The kind of this type's entities. Default: the name of the type.
  static var kind: String { get }
  /// The properties that no query uses, nested ones as `outer.inner`. Default: none.
  ///
  /// Only unindexed properties accept strings and bytes of over 1,500 bytes. If you name a property
  /// that holds a nested entity or an array, all of it is left out of the indexes.
  static var unindexedProperties: Set<String> { get }
  /// The stored names of properties, where queries cannot find the names by themselves. Default:
  /// none.
  ///
  /// ```swift
  /// static var propertyNames: [PartialKeyPath<User>: String] {
  ///   [\.role: "role", \.address.city: "address.city"]
  /// }
  /// ```
  ///
  /// The initializer of ``Query`` that takes a type says when queries need this.
  static var propertyNames: [PartialKeyPath<Self>: String] { get }
  /// The key of the entity. If it is incomplete, the datastore assigns an ID.
  var key: Key { get set }
}

extension DatastoreEntity {
  /// The name of the type.
  public static var kind: String { String(describing: Self.self) }
  /// None.
  public static var unindexedProperties: Set<String> { [] }
  /// None.
  public static var propertyNames: [PartialKeyPath<Self>: String] { [:] }

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
