#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  /// An index over several properties, as the file has it.
  ///
  /// Its rows stand in the tree of all others, under a number of their own for each namespace: the
  /// values of its properties, one behind the other, and the key. A scan goes either way, so an
  /// index and its reverse are one: values are turned over where their direction is not that of the
  /// last property, and those of equal values come in the order of keys as everywhere.
  struct CompositeIndex: Sendable {
    enum State: Sendable, Equatable {
      /// All entities up to this number are in it, and all that were written since it was defined.
      case building(after: Int64)
      case ready
      /// Commits leave it alone, and its rows are being removed.
      case dropping
    }

    let id: Int64
    let index: SQLiteBackend.Index
    let state: State

    /// The most rows of one entity in all indexes together, the Datastore's limit.
    static let maximumEntries = Limits.indexedValues

    /// How many values a row has.
    var componentCount: Int { index.properties.count + (index.includesAncestors ? 1 : 0) }

    /// Which of a row's values are turned over; an ancestor, which comes first, is not.
    var turned: [Bool] {
      let last = index.properties.last?.direction
      return (index.includesAncestors ? [false] : [])
        + index.properties.map { $0.direction != last }
    }

    /// What the index is called in a namespace, beside the paths of properties: an empty name, which
    /// no property has, and the index's number.
    func path(namespace: String) -> [UInt8] {
      var writer = BlobWriter(capacity: 64)
      for text in [namespace, index.kind, ""] { KeyCodec.append(text, to: &writer) }
      writer.append(byte: Self.mark)
      writer.append(bigEndian: UInt64(bitPattern: id))
      return writer.bytes
    }

    private static let mark: UInt8 = 1

    /// The number of the index that a path is of; `nil` for a property's.
    static func id(ofPath path: UnsafeRawBufferPointer) -> Int64? {
      guard let namespace = try? IndexCodec.textEnd(path, from: 0),
        let kind = try? IndexCodec.textEnd(path, from: namespace),
        path.count == kind + 10, path[kind] == 0, path[kind + 1] == mark
      else { return nil }
      return Int64(
        bitPattern: path[(kind + 2)...].reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
    }

    /// The values of the rows of an entity of the index's kind; `nil` if they would be more than
    /// `limit`.
    func values(of entity: Entity, key: Key, atMost limit: Int) -> [[UInt8]]? {
      let parts = parts(of: entity, key: key)
      guard let count = Self.combinations(of: parts), count <= limit else { return nil }
      if count == 0 { return [] }
      return parts.reduce([[]]) { rows, part in
        if rows.count == 1, part.count == 1 { return [rows[0] + part[0]] }
        return rows.flatMap { row in part.map { row + $0 } }
      }
    }

    /// How many rows an entity of the index's kind has; none if they are too many for any index.
    func rowCount(of entity: Entity, key: Key) -> Int {
      let count = Self.combinations(of: parts(of: entity, key: key)) ?? .max
      return count > Self.maximumEntries ? 0 : count
    }

    /// `nil` for more than can be counted.
    private static func combinations(of parts: [[[UInt8]]]) -> Int? {
      if parts.contains(where: \.isEmpty) { return 0 }
      var count = 1
      for part in parts {
        let (product, overflow) = count.multipliedReportingOverflow(by: part.count)
        if overflow { return nil }
        count = product
      }
      return count
    }

    /// The values of each part of a row; an entity that lacks one of them has no row.
    private func parts(of entity: Entity, key: Key) -> [[[UInt8]]] {
      var slots = [[[UInt8]]](repeating: [], count: index.properties.count)
      entity.forEachIndexedValue { name, value in
        for (slot, property) in index.properties.enumerated()
        where IndexNameTable.isSame(property.property, name) {
          slots[slot].append(IndexCodec.encode(value))
        }
      }
      var parts: [[[UInt8]]] = index.includesAncestors ? [Self.ancestors(of: key)] : []
      for (slot, property) in zip(slots, index.properties) {
        let unique = slot.count <= 1 ? slot : Array(Set(slot))
        let isTurned = property.direction != index.properties.last?.direction
        parts.append(isTurned ? unique.map { $0.map { ~$0 } } : unique)
      }
      return parts
    }

    /// The keys that an entity descends from, its own among them, as values.
    private static func ancestors(of key: Key) -> [[UInt8]] {
      key.path.indices.compactMap { last in
        let ancestor = try? Key(path: Array(key.path[...last]), namespace: key.namespace)
        return ancestor.map { IndexCodec.encode(.key($0)) }
      }
    }

    /// How many bytes the values take that begin at `start`, some of them turned over.
    ///
    /// Any bytes are safe to pass.
    static func length(
      of row: UnsafeRawBufferPointer, from start: Int, turned: [Bool]
    ) throws(CorruptBlob) -> Int {
      var end = start
      for isTurned in turned {
        if isTurned {
          let rest = row[min(end, row.count)...].map { ~$0 }
          let length = rest.withUnsafeBytes { bytes in
            Result { () throws(CorruptBlob) in try IndexCodec.length(of: bytes, from: 0) }
          }
          end += try length.get()
        } else {
          end += try IndexCodec.length(of: row, from: end)
        }
      }
      return end - start
    }

    func tooManyEntries(_ key: Key) -> DatastoreError {
      DatastoreError(
        .invalidArgument,
        """
        The entity would have over \(Self.maximumEntries) rows in its indexes with the one of \
        \(index): each combination of the values of its arrays is a row. Store fewer values in \
        them, make one of the properties unindexed, or drop the index.
        """, key: key)
    }
  }

  extension IndexNameTable {
    /// The entries of an entity in indexes over several properties.
    ///
    /// - Parameter others: How many entries it has besides.
    /// - Throws: `DatastoreError` with `invalidArgument` for an entity of too many rows.
    mutating func entries(
      of entity: Entity, key: Key, _ indexes: [CompositeIndex], others: Int
    ) throws(DatastoreError) -> [IndexEntry] {
      var entries: [IndexEntry] = []
      for index in indexes
      where index.state != .dropping && Self.isSame(index.index.kind, key.kind) {
        let limit = CompositeIndex.maximumEntries - others - entries.count
        guard let values = index.values(of: entity, key: key, atMost: max(limit, 0)) else {
          throw index.tooManyEntries(key)
        }
        if values.isEmpty { continue }
        let place = place(index, of: key)
        entries += values.map {
          IndexEntry(name: place, value: $0, isOneOfSeveral: values.count > 1)
        }
      }
      return entries
    }

    /// The same of an entity that is stored: whatever rows it may have.
    ///
    /// Each index counts by itself, for those that older versions let in may be too many together.
    mutating func storedEntries(
      of entity: Entity, key: Key, _ indexes: [CompositeIndex]
    ) -> [IndexEntry] {
      // Only an index that is still being built can find an entity of too many rows for it alone; it
      // has none of them then, and will be given up.
      indexes.flatMap { (try? entries(of: entity, key: key, [$0], others: 0)) ?? [] }
    }
  }
#endif
