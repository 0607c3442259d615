#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// The changes that one commit makes to the index.
  struct IndexUpdate {
    private struct Change {
      var entry: IndexEntry
      var key: [UInt8]
      /// The entity's.
      var number: Int64
    }

    private(set) var names: IndexNameTable
    /// The indexes over several properties.
    private let composites: [CompositeIndex]
    private var added: [Change] = []
    private var removed: [Change] = []

    init(_ names: IndexNameTable, _ composites: [CompositeIndex]) {
      self.names = names
      self.composites = composites
    }

    /// An entity is there that was not.
    mutating func insert(
      _ entries: [IndexEntry], of entity: Entity?, key: Key, bytes: [UInt8], number: Int64
    ) throws(DatastoreError) {
      for entry in entries { added.append(Change(entry: entry, key: bytes, number: number)) }
      guard let entity else { return }
      _ = try insertComposites(
        of: entity, key: key, bytes: bytes, number: number, others: entries.count)
    }

    /// An entity comes into the indexes over several properties; returns the number of rows.
    mutating func insertComposites(
      of entity: Entity, key: Key, bytes: [UInt8], number: Int64, others: Int
    ) throws(DatastoreError) -> Int {
      if composites.isEmpty { return 0 }
      let entries = try names.entries(of: entity, key: key, composites, others: others)
      for entry in entries { added.append(Change(entry: entry, key: bytes, number: number)) }
      return entries.count
    }

    /// An entity is there that was not.
    mutating func insert(_ entity: Entity, key: Key, bytes: [UInt8], number: Int64) {
      for entry in names.entries(of: entity, key: key) {
        added.append(Change(entry: entry, key: bytes, number: number))
      }
    }

    /// An entity is another one, or gone. Rows that stay are not written again for their hint.
    mutating func replace(
      _ stored: Entity, by entries: [IndexEntry], of entity: Entity?, key: Key, bytes: [UInt8],
      number: Int64
    ) throws(DatastoreError) {
      var new = Set(entries)
      var old = Set(names.entries(of: stored, key: key))
      if !composites.isEmpty {
        old.formUnion(names.storedEntries(of: stored, key: key, composites))
        if let entity {
          new.formUnion(
            try names.entries(of: entity, key: key, composites, others: entries.count))
        }
      }
      for entry in old where !new.contains(entry) {
        // One that only got company, or lost it, is written over.
        var other = entry
        other.isOneOfSeveral.toggle()
        if !new.contains(other) {
          removed.append(Change(entry: entry, key: bytes, number: number))
        }
      }
      for entry in new where !old.contains(entry) {
        added.append(Change(entry: entry, key: bytes, number: number))
      }
    }

    /// Hands the changes over, by the numbers of the properties.
    consuming func move(to rows: inout IndexRows, _ numbers: [Int64]) {
      for change in removed {
        rows.remove(numbers[change.entry.name], change.entry.value, change.key)
      }
      for change in added {
        rows.add(
          numbers[change.entry.name], change.entry.value, change.key,
          EntryTarget(change.number, isOneOfSeveral: change.entry.isOneOfSeveral))
      }
    }

    /// Removes the rows of an entity that cannot be read, and so cannot say which they are: by
    /// looking at all rows of its kind.
    func removeAll(of key: Key, bytes: [UInt8], _ connection: Database) throws {
      let prefix = IndexNameTable.path(namespace: key.namespace, kind: key.kind, name: "")
        .dropLast()
      let select = try RawStatement(
        connection,
        """
        SELECT property, position, path FROM property JOIN entry ON property = id
        WHERE path >= ?1 AND path < ?2
        """)
      var found: [(Int64, [UInt8])] = []
      do {
        defer { select.reset() }
        try select.bind(copying: Array(prefix), at: 1)
        try select.bind(copying: prefix + [0xFF], at: 2)
        while try select.step() {
          let position = select.blob(1)
          guard position.count >= bytes.count, position.suffix(bytes.count).elementsEqual(bytes)
          else { continue }
          let value =
            if let id = CompositeIndex.id(ofPath: select.blob(2)) {
              composites.first { $0.id == id }.flatMap {
                try? CompositeIndex.length(of: position, from: 0, turned: $0.turned)
              }
            } else {
              position.count == bytes.count ? 0 : try? IndexCodec.length(of: position, from: 0)
            }
          if value == position.count - bytes.count {
            found.append((select.number(0), [UInt8](position)))
          }
        }
      }
      let delete = try RawStatement(
        connection, "DELETE FROM entry WHERE property = ? AND position = ?")
      for (property, position) in found {
        try position.withUnsafeBytes {
          try delete.bind(property, at: 1)
          try delete.bind($0, at: 2)
          _ = try delete.run()
        }
      }
    }
  }
#endif
