// SPDX-License-Identifier: Apache-2.0
#if SQLite
  /// What an index row says beside value and key, as one number in the file.
  struct EntryTarget: Sendable, Hashable {
    /// The entity's rowid, which saves a search by key.
    ///
    /// It is only a hint: the reader checks that the entity found there has the row's key. Rows
    /// from before version 5 have 0.
    var rowID: Int64
    /// Whether the entity has other values of the property too.
    var isMultiValued: Bool

    init(_ rowID: Int64, isMultiValued: Bool) {
      self.rowID = rowID
      self.isMultiValued = isMultiValued
    }

    init(stored: Int64) {
      self.init(stored >> 1, isMultiValued: stored & 1 != 0)
    }

    /// A rowid that loses its first bit here becomes a wrong hint. SQLite assigns no such rowid.
    var stored: Int64 { rowID << 1 | (isMultiValued ? 1 : 0) }
  }
#endif
