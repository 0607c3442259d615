/// A `Codable` type that is stored as an entity under a key of its own.
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
/// The property `key` becomes the entity's key and is not stored a second time as a property; all
/// others become properties by the names of their coding keys. A type that needs no key inside it
/// can be plainly `Codable`: `put(_:key:)` takes the key beside it.
public protocol DatastoreEntity: Codable, Sendable {
  /// The kind of this type's entities; the name of the type unless declared.
  static var kind: String { get }
  /// The properties that queries need not find, nested ones as `outer.inner`; none unless declared.
  ///
  /// Texts and bytes of over 1,500 bytes are accepted in these only. Naming a property that holds a
  /// nested entity or an array leaves all of it out of the indexes.
  static var unindexedProperties: Set<String> { get }
  /// What properties are called in the datastore, where queries cannot find it out by themselves;
  /// none unless declared.
  ///
  /// ```swift
  /// static var propertyNames: [PartialKeyPath<User>: String] {
  ///   [\.role: "role", \.address.city: "address.city"]
  /// }
  /// ```
  ///
  /// See the initializer of ``Query`` that takes a type for when that is.
  static var propertyNames: [PartialKeyPath<Self>: String] { get }
  /// The key it is stored under; an incomplete one asks the datastore for an ID.
  var key: Key { get set }
}

extension DatastoreEntity {
  /// The name of the type.
  public static var kind: String { String(describing: Self.self) }
  /// None.
  public static var unindexedProperties: Set<String> { [] }
  /// None.
  public static var propertyNames: [PartialKeyPath<Self>: String] { [:] }

  /// The key of this kind with a number.
  public static func key(id: Int64, parent: Key? = nil, namespace: String? = nil) -> Key {
    Key(kind, id: id, parent: parent, namespace: namespace)
  }

  /// The key of this kind with a name.
  public static func key(name: String, parent: Key? = nil, namespace: String? = nil) -> Key {
    Key(kind, name: name, parent: parent, namespace: namespace)
  }

  /// A key of this kind that `put` completes.
  public static func newKey(parent: Key? = nil, namespace: String? = nil) -> Key {
    Key(incomplete: kind, parent: parent, namespace: namespace)
  }
}
