// SPDX-License-Identifier: Apache-2.0
#if SQLite
  extension SQLiteBackend {
    /// What ``SQLiteBackend/check()`` found.
    public struct CheckReport: Sendable, Hashable {
      /// What is wrong, one sentence for each problem; empty if all is in order.
      public var problems: [String] = []
      /// Whether there may be more problems than are listed.
      public var isCutShort = false
      /// How many entities were read.
      public var entities = 0
      /// How many rows of the index were compared with the entities.
      public var indexEntries = 0
      /// How many earlier states of entities were read.
      public var historyRows = 0
    }
  }
#endif
