// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// The index rows that one commit adds and removes. ``IndexRowWriter`` writes them.
  struct IndexUpdate {
    private struct Change {
      var entry: IndexEntry
      var key: [UInt8]
      var rowID: Int64
    }

    private(set) var paths: PropertyPaths
    private let composites: [CompositeIndex]
    private var added: [Change] = []
    private var removed: [Change] = []

    init(_ paths: PropertyPaths, _ composites: [CompositeIndex]) {
      self.paths = paths
      self.composites = composites
    }

    /// The index entries of an entity for single properties.
    mutating func entries(of entity: Entity, key: Key) -> [IndexEntry] {
      paths.entries(of: entity, key: key)
    }

    /// Adds the rows of a new entity, whose entries for single properties are given.
    mutating func insert(
      _ entries: [IndexEntry], of entity: Entity?, at row: EntityRow
    ) throws(DatastoreError) {
      for entry in entries { add(entry, row) }
      guard let entity else { return }
      _ = try insertComposites(of: entity, at: row, others: entries.count)
    }

    /// Adds the rows of an entity in composite indexes; returns how many there are.
    ///
    /// - Parameter others: How many other rows the entity has.
    mutating func insertComposites(
      of entity: Entity, at row: EntityRow, others: Int
    ) throws(DatastoreError) -> Int {
      if composites.isEmpty { return 0 }
      let entries = try paths.entries(of: entity, key: row.key, composites, others: others)
      for entry in entries { add(entry, row) }
      return entries.count
    }

    /// Adds the rows of a new entity for single properties.
    mutating func insert(_ entity: Entity, at row: EntityRow) {
      for entry in paths.entries(of: entity, key: row.key) { add(entry, row) }
    }

    /// Changes the rows of an entity that is replaced, or deleted. Rows that stay the same are not
    /// written again for their hint.
    mutating func replace(
      _ stored: Entity, by entries: [IndexEntry], of entity: Entity?, at row: EntityRow
    ) throws(DatastoreError) {
      var new = Set(entries)
      var old = Set(paths.entries(of: stored, key: row.key))
      if !composites.isEmpty {
        old.formUnion(paths.storedEntries(of: stored, key: row.key, composites))
        if let entity {
          new.formUnion(
            try paths.entries(of: entity, key: row.key, composites, others: entries.count))
        }
      }
      for entry in old where !new.contains(entry) {
        // A row whose flag alone changes is overwritten, not removed.
        var other = entry
        other.isMultiValued.toggle()
        if !new.contains(other) {
          removed.append(Change(entry: entry, key: row.keyBytes, rowID: row.id))
        }
      }
      for entry in new where !old.contains(entry) { add(entry, row) }
    }

    private mutating func add(_ entry: IndexEntry, _ row: EntityRow) {
      added.append(Change(entry: entry, key: row.keyBytes, rowID: row.id))
    }

    /// How many rows are added and removed.
    var count: Int { added.count + removed.count }

    /// Moves the changes into rows.
    ///
    /// - Parameter ids: The numbers of the properties, in the order of ``paths``.
    consuming func move(to rows: inout IndexRowWriter, _ ids: [Int64]) {
      for change in removed {
        rows.remove(ids[change.entry.pathIndex], change.entry.value, change.key)
      }
      for change in added {
        rows.add(
          ids[change.entry.pathIndex], change.entry.value, change.key,
          EntryTarget(change.rowID, isMultiValued: change.entry.isMultiValued))
      }
    }

    /// Removes all rows of a damaged entity, which cannot say which rows it has.
    ///
    /// This looks at all rows of the entity's kind.
    func removeAll(at row: EntityRow, _ connection: Database) throws {
      let delete = try RawStatement(
        connection, "DELETE FROM entry WHERE property = ? AND position = ?")
      for (property, position) in try rowsOfDamagedEntity(row, connection) {
        try position.withUnsafeBytes {
          try delete.bind(property, at: 1)
          try delete.bind($0, at: 2)
          _ = try delete.run()
        }
      }
    }

    private func rowsOfDamagedEntity(
      _ row: EntityRow, _ connection: Database
    ) throws -> [(Int64, [UInt8])] {
      let (key, bytes) = (row.key, row.keyBytes)
      let prefix = PropertyPaths.path(namespace: key.namespace, kind: key.kind, name: "")
        .dropLast()
      let select = try RawStatement(
        connection,
        """
        SELECT property, position, path FROM property JOIN entry ON property = id
        WHERE path >= ?1 AND path < ?2
        """)
      var found: [(Int64, [UInt8])] = []
      defer { select.reset() }
      try select.bind(copying: Array(prefix), at: 1)
      try select.bind(copying: prefix + [0xFF], at: 2)
      while try select.step() {
        let position = select.blob(1)
        guard position.count >= bytes.count, position.suffix(bytes.count).elementsEqual(bytes),
          valueLength(position, path: select.blob(2), keyLength: bytes.count)
            == position.count - bytes.count
        else { continue }
        found.append((select.number(0), [UInt8](position)))
      }
      return found
    }

    /// How many bytes of a position are the value; `nil` if that cannot be known.
    private func valueLength(
      _ position: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer, keyLength: Int
    ) -> Int? {
      if let id = CompositeIndex.id(ofPath: path) {
        return composites.first { $0.id == id }.flatMap {
          try? CompositeIndex.length(of: position, from: 0, inverted: $0.inverted)
        }
      }
      return position.count == keyLength ? 0 : try? IndexCodec.length(of: position, from: 0)
    }
  }
#endif
