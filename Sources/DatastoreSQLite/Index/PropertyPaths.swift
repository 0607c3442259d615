// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  /// The paths of the properties that some index entries belong to, each once.
  ///
  /// A path is namespace, kind and property. ``PropertyIDs`` has the numbers that stand for paths
  /// in the file.
  struct PropertyPaths: Sendable {
    /// The name of the property that every entity has. Its row says that the entity is of its kind.
    static let kindProperty = "__key__"

    /// Namespace, kind and property, each terminated as in a key.
    private(set) var paths: [[UInt8]] = []
    private var indices: [[UInt8]: Int] = [:]
    /// The properties of the last kind. Entities of one kind usually come one after the other.
    private var current: (namespace: String, kind: String, names: [ExactText: Int])?

    static func path(namespace: String, kind: String, name: String) -> [UInt8] {
      var writer = BlobWriter(capacity: 64)
      for text in [namespace, kind, name] { KeyCodec.append(text, to: &writer) }
      return writer.bytes
    }

    private mutating func index(of name: String, in key: Key) -> Int {
      if !isCurrent(key) { current = (key.namespace, key.kind, [:]) }
      if let known = current?.names[ExactText(name)] { return known }
      let path = Self.path(namespace: key.namespace, kind: key.kind, name: name)
      let index = index(of: path)
      current?.names[ExactText(name)] = index
      return index
    }

    private func isCurrent(_ key: Key) -> Bool {
      guard let current else { return false }
      return identicalText(current.kind, key.kind)
        && identicalText(current.namespace, key.namespace)
    }

    mutating func index(of path: [UInt8]) -> Int {
      if let index = indices[path] { return index }
      paths.append(path)
      indices[path] = paths.count - 1
      return paths.count - 1
    }

    /// The index entries of an entity, equal ones once.
    mutating func entries(of entity: Entity, key: Key) -> [IndexEntry] {
      var entries = [
        IndexEntry(
          pathIndex: index(of: Self.kindProperty, in: key), value: [], isMultiValued: false)
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
            pathIndex: index(of: name, in: key), value: IndexCodec.encode(value),
            isMultiValued: false))
      }
      return mayRepeat ? Self.withoutRepetition(entries) : entries
    }

    private static func withoutRepetition(_ entries: [IndexEntry]) -> [IndexEntry] {
      var unique = Array(Set(entries))
      let counts = unique.reduce(into: [Int: Int]()) { $0[$1.pathIndex, default: 0] += 1 }
      for index in unique.indices {
        unique[index].isMultiValued = counts[unique[index].pathIndex]! > 1
      }
      return unique
    }
  }

#endif
