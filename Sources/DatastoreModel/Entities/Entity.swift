// SPDX-License-Identifier: Apache-2.0
/// A record: a key and named properties.
///
/// ```swift
/// var user = Entity(Key("User", id: 7), ["name": "Ann", "bio": .unindexed("…")])
/// user["age"] = 41
/// user["age"]?.integerValue  // 41
/// ```
public struct Entity: Sendable, Hashable {
  /// A value, and whether queries can find it.
  public struct Property: Sendable, Hashable {
    /// The value.
    public var value: Value
    /// Whether queries can filter and sort by it. Each indexed value costs one index entry per
    /// write.
    public var isIndexed: Bool
    /// What the value means to App Engine and NDB, which marks compressed bytes with 22. 0 for
    /// nothing in particular. It is kept as it is.
    public var meaning: Int32 = 0

    /// Makes a property. Default: indexed.
    public init(_ value: Value, isIndexed: Bool = true) {
      self.value = value
      self.isIndexed = isIndexed
    }

    /// A property that queries can find.
    public static func indexed(_ value: Value) -> Property { Property(value) }

    /// A property that queries cannot find, for long strings and for values that no query uses.
    public static func unindexed(_ value: Value) -> Property {
      Property(value, isIndexed: false)
    }
  }

  /// The key. Only an entity nested in another one may have none.
  public var key: Key?
  /// The properties by name. Names are compared byte for byte.
  public var properties: Properties
  // Numbers and not optionals, which would make each entity 24 bytes larger.
  private var storedVersion: Int64 = 0
  private var created = Int64.min
  private var updated = Int64.min

  /// Makes an entity.
  ///
  /// - Parameters:
  ///   - key: Its key. `nil` only for an entity to nest in another one.
  ///   - properties: Its properties, as literals or as ``Property/indexed(_:)`` and
  ///     ``Property/unindexed(_:)``.
  public init(_ key: Key? = nil, _ properties: Properties = [:]) {
    self.key = key
    self.properties = properties
  }

  /// The number of the commit that wrote it. `nil` if it was not read from a datastore.
  ///
  /// A later state of an entity has a greater version. ``Mutation/conflictDetection`` compares
  /// it. Version and times take no part in comparing entities, and writing an entity ignores them.
  public var version: Int64? {
    get { storedVersion == 0 ? nil : storedVersion }
    set { storedVersion = newValue ?? 0 }
  }

  /// The time of the commit that created it. `nil` if the backend does not say.
  public var createTime: Timestamp? {
    get { created == .min ? nil : Timestamp(microseconds: created) }
    set { created = newValue?.microseconds ?? .min }
  }

  /// The time of the commit that wrote it last. `nil` if the backend does not say.
  public var updateTime: Timestamp? {
    get { updated == .min ? nil : Timestamp(microseconds: updated) }
    set { updated = newValue?.microseconds ?? .min }
  }

  /// The value of a property. `nil` if there is no property of this name.
  ///
  /// Setting a value keeps the property indexed or unindexed. A new property is indexed. Setting
  /// `nil` removes the property. To store null, set ``Value/null``.
  public subscript(name: String) -> Value? {
    get { properties[name]?.value }
    set {
      if let newValue {
        properties[name, default: Property(newValue)].value = newValue
      } else {
        properties[name] = nil
      }
    }
  }
}

extension Entity {
  /// Whether keys and properties are equal.
  public static func == (a: Entity, b: Entity) -> Bool {
    a.key == b.key && a.properties == b.properties
  }

  /// Hashes the key and the properties.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(key)
    hasher.combine(properties)
  }
}

extension Entity.Property: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByArrayLiteral
{
  /// An indexed boolean.
  public init(booleanLiteral value: Bool) { self.init(.boolean(value)) }
  /// An indexed integer.
  public init(integerLiteral value: Int64) { self.init(.integer(value)) }
  /// An indexed double.
  public init(floatLiteral value: Double) { self.init(.double(value)) }
  /// An indexed string.
  public init(stringLiteral value: String) { self.init(.string(value)) }
  /// An indexed array.
  public init(arrayLiteral elements: Value...) { self.init(.array(elements)) }
}

extension Entity.Property: CustomStringConvertible {
  /// The value, and "(unindexed)" if queries cannot find it.
  public var description: String { isIndexed ? "\(value)" : "\(value) (unindexed)" }
}

extension Entity: CustomStringConvertible {
  /// The key and the properties in the order of their names: `Key(User/7) {age: 41}`.
  public var description: String {
    "\(key?.description ?? "Entity") \(properties)"
  }
}
