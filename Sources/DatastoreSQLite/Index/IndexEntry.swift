// SPDX-License-Identifier: Apache-2.0
// The folder `Index` has the rows of the index: which rows an entity has, how a commit changes them
// (`IndexUpdate`, written by `IndexRowWriter`), how a query reads them (`IndexScan`, `IndexProbe`),
// and the composite indexes.

#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  /// A row of the index without the entity's key: one value of one property.
  struct IndexEntry: Sendable, Hashable {
    /// The index of the property's path in a ``PropertyPaths``.
    var pathIndex: Int
    /// The value as `IndexCodec` writes it. It is empty in the row that says of which kind an
    /// entity is.
    var value: [UInt8]
    /// Whether the entity has other values of this property too.
    var isMultiValued: Bool
  }

  /// A row of the table of entities, without the entity.
  struct EntityRow {
    var key: Key
    var keyBytes: [UInt8]
    var id: Int64
  }
#endif
