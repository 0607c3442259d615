// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB

  /// A tree that a query can scan: that of the keys, or the rows of one index.
  enum IndexTree {
    case keys
    /// The index of one property, by its number.
    ///
    /// `sharedValue` is how many bytes at the front of each row are a value that all rows share. It
    /// is `nil` if the rows have values of their own, which candidates then begin with.
    case property(Int64, sharedValue: Int?)
    /// A composite index, by its number.
    ///
    /// The first `prefix` bytes are the same in all rows. Then come values; some of them are
    /// inverted.
    case composite(Int64, prefix: Int, inverted: [Bool])

    /// The statement that scans ranges of the tree.
    ///
    /// - Parameter withData: Whether to find the entities too, by their rowids. One statement does
    ///   it, because starting one for each entity takes time. The reader has to compare the keys,
    ///   which SQLite would copy. Rows without a rowid are searched by key where SQLite knows the
    ///   key.
    func sql(isDescending: Bool, withData: Bool = false) -> String {
      let direction = isDescending ? "DESC" : "ASC"
      return switch self {
      case .keys:
        """
        SELECT key, id << 1, \(withData ? "data, key" : "NULL, NULL"), NULL FROM entity
        WHERE key >= ?1 AND key < ?2 ORDER BY key \(direction)
        """
      case .property where withData, .composite where withData:
        """
        SELECT position, target, data, key, CASE WHEN target < 2 THEN
          (SELECT data FROM entity WHERE key = substr(position, ?4)) END
        FROM entry LEFT JOIN entity ON id = target >> 1
        WHERE property = ?3 AND position >= ?1 AND position < ?2 ORDER BY position \(direction)
        """
      case .property, .composite:
        """
        SELECT position, target, NULL, NULL, NULL FROM entry
        WHERE property = ?3 AND position >= ?1 AND position < ?2 ORDER BY position \(direction)
        """
      }
    }

    /// The statement that counts the rows of a range, up to a limit.
    private var countingSQL: String {
      switch self {
      case .keys:
        """
        SELECT count(*) FROM
          (SELECT 1 FROM entity WHERE key >= ?1 AND key < ?2 LIMIT ?4)
        """
      case .property, .composite:
        """
        SELECT count(*) FROM (SELECT 1 FROM entry
          WHERE property = ?3 AND position >= ?1 AND position < ?2 LIMIT ?4)
        """
      }
    }

    /// How many rows ranges have, up to `limit`. SQLite passes over the rows and does not read
    /// them.
    func count(
      _ ranges: [ByteRange], limit: Int, _ connection: Database, _ cost: QueryCost
    ) throws -> Int {
      let statement = try RawStatement(connection, countingSQL)
      var count = 0
      for range in ranges where count < limit {
        defer { statement.reset() }
        try bind(range, to: statement)
        try statement.bind(Int64(limit - count), at: 4)
        if try statement.step() { count += Int(statement.number(0)) }
      }
      cost.counts.counted += count
      return count
    }

    func bind(_ range: ByteRange, to statement: RawStatement) throws {
      try statement.bind(copying: range.lower, at: 1)
      try statement.bind(copying: range.upper ?? [IndexCodec.afterAll], at: 2)
      switch self {
      case .keys: break
      case .property(let id, _), .composite(let id, _, _):
        try statement.bind(id, at: 3)
      }
    }
  }
#endif
