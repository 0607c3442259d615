// SPDX-License-Identifier: Apache-2.0
#if SQLite
  /// An entity that a query may find, at its position in the order of a scan.
  struct Candidate {
    /// The entity's values of the first orders, in the form of the tree; empty in an order by key.
    var orderValues: [UInt8]
    var key: [UInt8]
    /// A hint: the entity's rowid, if it is right.
    var rowID: Int64
    /// Whether the entity has other values of the property too.
    var isMultiValued = false
  }
#endif
