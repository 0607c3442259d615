// SPDX-License-Identifier: Apache-2.0
extension Entity {
  /// The properties of an entity by name, used like a dictionary.
  ///
  /// ```swift
  /// entity.properties["bio"] = .unindexed("…")
  /// for (name, property) in entity.properties { print(name, property.value) }
  /// ```
  ///
  /// Names are compared byte for byte, as in the Datastore, and unlike the keys of a dictionary. So
  /// the two spellings of "é" in Unicode are two names.
  public struct Properties: Sendable {
    private var storage: [ExactText: Property]

    /// No properties.
    public init() { storage = [:] }

    /// No properties, with room for so many.
    public init(minimumCapacity: Int) { storage = Dictionary(minimumCapacity: minimumCapacity) }

    /// Properties with their names. Of properties with equal names, the last one counts.
    public init(_ properties: some Sequence<(String, Property)>) {
      self.init(minimumCapacity: properties.underestimatedCount)
      for (name, property) in properties { self[name] = property }
    }
  }
}

extension Entity.Properties {
  /// The property of a name. `nil` if there is none. Setting `nil` removes it.
  public subscript(name: String) -> Entity.Property? {
    get { storage[ExactText(name)] }
    _modify { yield &storage[ExactText(name)] }
  }

  /// The property of a name, or a default.
  public subscript(
    name: String, default property: @autoclosure () -> Entity.Property
  ) -> Entity.Property {
    get { storage[ExactText(name)] ?? property() }
    _modify { yield &storage[ExactText(name), default: property()] }
  }

  /// The names, in no particular order.
  public var keys: some Collection<String> & Sendable { storage.keys.map(\.text) }

  /// The properties, in the order of ``keys``.
  public var values: some Collection<Entity.Property> & Sendable { Array(storage.values) }

  /// Sets the property of a name; returns the one it had.
  @discardableResult
  public mutating func updateValue(
    _ property: Entity.Property, forKey name: String
  ) -> Entity.Property? {
    storage.updateValue(property, forKey: ExactText(name))
  }

  /// Removes the property of a name; returns it.
  @discardableResult
  public mutating func removeValue(forKey name: String) -> Entity.Property? {
    storage.removeValue(forKey: ExactText(name))
  }

  /// Makes room for so many properties.
  public mutating func reserveCapacity(_ count: Int) { storage.reserveCapacity(count) }

  /// The properties that fulfil a condition.
  public func filter(_ isIncluded: (Element) throws -> Bool) rethrows -> Self {
    var result = Self()
    for element in self where try isIncluded(element) { result[element.key] = element.value }
    return result
  }

  /// The properties in the order of the bytes of their names.
  package func sortedByName() -> [Element] {
    sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}

extension Entity.Properties: Collection {
  /// A name and its property.
  public typealias Element = (key: String, value: Entity.Property)

  /// A place in the collection.
  public struct Index: Comparable, Sendable {
    fileprivate var base: Dictionary<ExactText, Entity.Property>.Index

    /// Whether one place is before another.
    public static func < (a: Index, b: Index) -> Bool { a.base < b.base }
  }

  /// Goes through the properties in no particular order.
  public struct Iterator: IteratorProtocol {
    fileprivate var base: Dictionary<ExactText, Entity.Property>.Iterator

    /// The next property. `nil` after the last one.
    public mutating func next() -> Element? { base.next().map { ($0.key.text, $0.value) } }
  }

  /// Begins with any of the properties.
  public func makeIterator() -> Iterator { Iterator(base: storage.makeIterator()) }

  /// The place of the first property.
  public var startIndex: Index { Index(base: storage.startIndex) }
  /// The place after the last property.
  public var endIndex: Index { Index(base: storage.endIndex) }
  /// The number of properties.
  public var count: Int { storage.count }
  /// Whether there are none.
  public var isEmpty: Bool { storage.isEmpty }

  /// The place after another one.
  public func index(after index: Index) -> Index { Index(base: storage.index(after: index.base)) }

  /// The property at a place.
  public subscript(index: Index) -> Element {
    let (name, property) = storage[index.base]
    return (name.text, property)
  }
}

extension Entity.Properties: Hashable, ExpressibleByDictionaryLiteral, CustomStringConvertible {
  /// Whether names, values and what is indexed are equal.
  public static func == (a: Self, b: Self) -> Bool { a.storage == b.storage }

  /// Hashes names and properties.
  public func hash(into hasher: inout Hasher) { hasher.combine(storage) }

  /// The properties of a literal. Of properties with equal names, the last one counts.
  public init(dictionaryLiteral elements: (String, Entity.Property)...) { self.init(elements) }

  /// The properties in the order of their names: `{age: 41, name: "Ann"}`.
  public var description: String {
    "{\(sortedByName().map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
  }
}
