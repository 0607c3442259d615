#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  /// A row of the index but for its key: a value of a property.
  struct IndexEntry: Sendable, Hashable {
    /// The property's place in an ``IndexNameTable``.
    var name: Int
    /// The value as `IndexCodec` writes it; none for the row that says of which kind an entity is.
    var value: [UInt8]
    /// Whether the entity has other values of this property too.
    var isOneOfSeveral: Bool
  }

  /// The properties that some entries are of; what a property is called in the file stands in
  /// ``IndexNames``.
  struct IndexNameTable: Sendable {
    /// Namespace, kind and property, each ended as in a key.
    private(set) var paths: [[UInt8]] = []
    private var places: [[UInt8]: Int] = [:]
    /// The places of the properties of the kind that came last: entities of one kind come in a row.
    private var current:
      (namespace: String, kind: String, names: [String: (name: String, place: Int)])?

    static func path(namespace: String, kind: String, name: String) -> [UInt8] {
      var writer = BlobWriter(capacity: 64)
      for text in [namespace, kind, name] { KeyCodec.append(text, to: &writer) }
      return writer.bytes
    }

    private mutating func place(_ name: String, of key: Key) -> Int {
      // Names are their bytes: "é" in its two forms are equal as strings, and two properties.
      if !(current.map {
        Self.isSame($0.kind, key.kind) && Self.isSame($0.namespace, key.namespace)
      }
        ?? false)
      {
        current = (key.namespace, key.kind, [:])
      }
      if let known = current?.names[name], Self.isSame(known.name, name) { return known.place }
      let path = Self.path(namespace: key.namespace, kind: key.kind, name: name)
      let place = place(path)
      current?.names[name] = (name, place)
      return place
    }

    /// The place of an index over several properties in the namespace of a key.
    mutating func place(_ index: CompositeIndex, of key: Key) -> Int {
      place(index.path(namespace: key.namespace))
    }

    private mutating func place(_ path: [UInt8]) -> Int {
      if let place = places[path] { return place }
      paths.append(path)
      places[path] = paths.count - 1
      return paths.count - 1
    }

    static func isSame(_ a: String, _ b: String) -> Bool {
      a == b && a.utf8.elementsEqual(b.utf8)
    }

    /// The entries of an entity; equal ones once.
    mutating func entries(of entity: Entity, key: Key) -> [IndexEntry] {
      var entries = [
        IndexEntry(name: place(IndexNames.kindProperty, of: key), value: [], isOneOfSeveral: false)
      ]
      entries.reserveCapacity(entity.properties.count + 1)
      var mayRepeat = false
      for property in entity.properties.values {
        switch property.value {
        case .array, .entity: mayRepeat = true
        default: break
        }
      }
      entity.forEachIndexedValue { name, value in
        entries.append(
          IndexEntry(
            name: place(name, of: key), value: IndexCodec.encode(value), isOneOfSeveral: false))
      }
      return mayRepeat ? Self.withoutRepetition(entries) : entries
    }

    private static func withoutRepetition(_ entries: [IndexEntry]) -> [IndexEntry] {
      var unique = Array(Set(entries))
      let counts = unique.reduce(into: [Int: Int]()) { $0[$1.name, default: 0] += 1 }
      for index in unique.indices { unique[index].isOneOfSeveral = counts[unique[index].name]! > 1 }
      return unique
    }
  }
#endif
