// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel

  /// Ranges of one tree that together have every entity which fulfils a conjunction.
  struct AccessPath {
    var tree: IndexTree
    var ranges: [ByteRange]
    /// The value, if all rows have the same one. They are then in the order of keys.
    var sharedValue: [UInt8]?
    /// The properties of the index, for explanations.
    var properties: [QueryOrder] = [QueryOrder(QueryRequest.keyProperty)]

    /// Whether no entity has two rows.
    var hasEachEntityOnce: Bool {
      switch tree {
      case .property(_, nil), .composite: false
      case .property(_, _?), .keys: true
      }
    }
  }
#endif
