// SPDX-License-Identifier: Apache-2.0
#if SQLite
  /// Counts what a query makes SQLite read. Tests check that it is no more than necessary.
  final class QueryCost {
    struct Counts: Sendable, Equatable {
      /// Rows of the index, or of the tree of keys, that were read.
      var indexRows = 0
      /// Rows that were counted to choose an access path.
      var counted = 0
      var probes = 0
      /// Stored entities in which one property was looked up.
      var partialDecodes = 0
      var entities = 0
      /// Entities found by key, because the rowid at hand was another entity's, or none.
      var keySearches = 0
      /// Conjunctions that a composite index answers.
      var composites = 0
      /// The most results that were in memory at once to be sorted.
      var kept = 0
    }

    var counts = Counts()
    /// The indexes that candidates come from, as explanations name them.
    var indexes: [String] = []
  }
#endif
