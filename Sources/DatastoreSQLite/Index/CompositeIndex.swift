// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  /// A composite index: an index over several properties, as the file has it.
  ///
  /// Its rows are in the same tree as all others, under a number of their own for each namespace. A
  /// row has the values of the properties, one after the other, and the key.
  ///
  /// A scan goes in either direction, so an index and its reverse are one index. A value whose
  /// direction differs from that of the last property is inverted: all its bits are flipped. Rows
  /// with equal values are in the order of their keys, as everywhere.
  struct CompositeIndex: Sendable {
    enum State: Sendable, Equatable {
      /// It has all entities up to this rowid, and all written since it was defined.
      case building(after: Int64)
      case ready
      /// Its rows are being removed, and commits do not add any.
      case dropping
    }

    let id: Int64
    let definition: SQLiteBackend.Index
    let state: State

    /// The most rows of one entity in all indexes together, as in Google's service.
    static let maxEntries = Limits.indexedValues

    /// Which of a row's values are inverted. An ancestor, which comes first, never is.
    var inverted: [Bool] {
      let last = definition.properties.last?.direction
      return (definition.includesAncestors ? [false] : [])
        + definition.properties.map { $0.direction != last }
    }

    /// The index's path in a namespace, among the paths of properties.
    ///
    /// It has an empty name, which no property has, and the index's ID.
    func path(namespace: String) -> [UInt8] {
      var writer = BlobWriter(capacity: 64)
      for text in [namespace, definition.kind, ""] { KeyCodec.append(text, to: &writer) }
      writer.append(byte: Self.mark)
      writer.append(bigEndian: UInt64(bitPattern: id))
      return writer.bytes
    }

    private static let mark: UInt8 = 1

    /// The ID of the index that a path belongs to; `nil` for the path of a property.
    static func id(ofPath path: UnsafeRawBufferPointer) -> Int64? {
      guard let namespace = try? IndexCodec.textEnd(path, from: 0),
        let kind = try? IndexCodec.textEnd(path, from: namespace),
        path.count == kind + 10, path[kind] == 0, path[kind + 1] == mark
      else { return nil }
      return Int64(
        bitPattern: path[(kind + 2)...].reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
    }

    /// The values in each row of an entity of the index's kind; `nil` if there are more than
    /// `limit`.
    func values(of entity: Entity, key: Key, atMost limit: Int) -> [[UInt8]]? {
      let components = componentValues(of: entity, key: key)
      guard let count = Self.combinationCount(components), count <= limit else { return nil }
      if count == 0 { return [] }
      return components.reduce([[]]) { rows, values in
        if rows.count == 1, values.count == 1 { return [rows[0] + values[0]] }
        return rows.flatMap { row in values.map { row + $0 } }
      }
    }

    /// How many rows an entity of the index's kind has; 0 if it has too many for any index.
    func rowCount(of entity: Entity, key: Key) -> Int {
      let count = Self.combinationCount(componentValues(of: entity, key: key)) ?? .max
      return count > Self.maxEntries ? 0 : count
    }

    /// The product of the counts; `nil` if it overflows.
    private static func combinationCount(_ components: [[[UInt8]]]) -> Int? {
      if components.contains(where: \.isEmpty) { return 0 }
      var count = 1
      for values in components {
        let (product, overflow) = count.multipliedReportingOverflow(by: values.count)
        if overflow { return nil }
        count = product
      }
      return count
    }

    /// The entity's values for each component of a row. An entity without one of them has no row.
    private func componentValues(of entity: Entity, key: Key) -> [[[UInt8]]] {
      var slots = [[[UInt8]]](repeating: [], count: definition.properties.count)
      entity.forEachIndexedValue { name, value in
        for (slot, property) in definition.properties.enumerated()
        where identicalText(property.property, name) {
          slots[slot].append(IndexCodec.encode(value))
        }
      }
      var components: [[[UInt8]]] = definition.includesAncestors ? [Self.ancestors(of: key)] : []
      for (slot, property) in zip(slots, definition.properties) {
        let unique = slot.count <= 1 ? slot : Array(Set(slot))
        let isInverted = property.direction != definition.properties.last?.direction
        components.append(isInverted ? unique.map { $0.map { ~$0 } } : unique)
      }
      return components
    }

    /// The entity's key and the keys of its ancestors, as values.
    private static func ancestors(of key: Key) -> [[UInt8]] {
      key.path.indices.compactMap { last in
        let ancestor = try? Key(path: Array(key.path[...last]), namespace: key.namespace)
        return ancestor.map { IndexCodec.encode(.key($0)) }
      }
    }

    /// How many bytes the values that begin at `start` take.
    ///
    /// Any bytes are safe to pass.
    static func length(
      of row: UnsafeRawBufferPointer, from start: Int, inverted: [Bool]
    ) throws(CorruptBlob) -> Int {
      var end = start
      for isInverted in inverted {
        if isInverted {
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
        With the index \(definition) the entity would have over \(Self.maxEntries) rows in its \
        indexes: each combination of the values of its arrays is a row. Store fewer values in the \
        arrays, make one of the properties unindexed, or drop the index.
        """, key: key)
    }
  }
#endif
