// SPDX-License-Identifier: Apache-2.0
#if SQLite
  extension SQLiteBackend {
    /// What a file contains.
    public struct Contents: Sendable, Hashable {
      /// The entities of one kind in one namespace of a database.
      public struct Kind: Sendable, Hashable {
        /// The database; empty for the default one.
        public var database = ""
        /// The namespace; empty for the default one.
        public var namespace: String
        /// The kind.
        public var kind: String
        /// The number of entities.
        public var entities = 0
        /// The bytes of their keys and properties as stored, without the index.
        public var bytes = 0
        /// The number of their rows in the index.
        public var indexEntries = 0
      }

      /// All kinds, by database, namespace and name.
      public var kinds: [Kind] = []
      /// The size of the file; in memory, of the pages.
      public var fileBytes = 0
      /// The bytes of unused pages, which ``SQLiteBackend/vacuum()`` frees.
      public var freeBytes = 0
    }
  }
#endif
