// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel

  extension PropertyPaths {
    /// The entries of an entity in composite indexes.
    ///
    /// - Parameter others: How many other entries the entity has.
    /// - Throws: `DatastoreError` with `invalidArgument` for an entity with too many rows.
    mutating func entries(
      of entity: Entity, key: Key, _ indexes: [CompositeIndex], others: Int
    ) throws(DatastoreError) -> [IndexEntry] {
      var entries: [IndexEntry] = []
      for index in indexes
      where index.state != .dropping && identicalText(index.definition.kind, key.kind) {
        let limit = CompositeIndex.maxEntries - others - entries.count
        guard let values = index.values(of: entity, key: key, atMost: max(limit, 0)) else {
          throw index.tooManyEntries(key)
        }
        if values.isEmpty { continue }
        let pathIndex = self.index(of: index.path(namespace: key.namespace))
        entries += values.map {
          IndexEntry(pathIndex: pathIndex, value: $0, isMultiValued: values.count > 1)
        }
      }
      return entries
    }

    /// The entries that a stored entity may have in composite indexes, however many they are.
    ///
    /// Each index has the whole limit for itself, because older versions admitted entities with too
    /// many rows in all indexes together.
    mutating func storedEntries(
      of entity: Entity, key: Key, _ indexes: [CompositeIndex]
    ) -> [IndexEntry] {
      // Only an index that is still being built can meet an entity with too many rows for it alone.
      // It has none of these rows then, and building it will fail.
      indexes.flatMap { (try? entries(of: entity, key: key, [$0], others: 0)) ?? [] }
    }
  }
#endif
