// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import GRDB
  private import GRDBSQLite
  private import Synchronization

  /// The numbers of property paths in the index of one file.
  ///
  /// A path gets its number once and keeps it for good. So the number of a committed path is
  /// cached.
  final class PropertyIDs: Sendable {
    private let known = Mutex<[[UInt8]: Int64]>([:])

    /// The number of a path; `nil` if no entity ever had the property.
    func find(_ path: [UInt8], _ connection: Database) throws -> Int64? {
      if let id = known.withLock({ $0[path] }) { return id }
      let id = try Self.read(path, connection)
      // A reader sees only committed numbers. A commit's check runs behind other commits of its
      // group, and may see a number that will be undone.
      let isWriting = sqlite3_txn_state(connection.sqliteConnection, nil) == SQLITE_TXN_WRITE
      if let id, !isWriting { known.withLock { $0[path] = id } }
      return id
    }

    /// The numbers of paths, inside a writing transaction. A path without one gets one.
    func findOrCreate(_ paths: [[UInt8]], _ connection: Database) throws -> [Int64] {
      let known = known.withLock { $0 }
      return try paths.map { path in
        if let id = try known[path] ?? Self.read(path, connection) { return id }
        let insert = try RawStatement(connection, "INSERT INTO property (path) VALUES (?)")
        try insert.bind(copying: path, at: 1)
        _ = try insert.run()
        return connection.lastInsertedRowID
      }
    }

    /// Caches numbers whose transaction was committed.
    func remember(_ paths: [[UInt8]], _ ids: [Int64]) {
      known.withLock { known in
        for (path, id) in zip(paths, ids) { known[path] = id }
      }
    }

    private static func read(_ path: [UInt8], _ connection: Database) throws -> Int64? {
      let select = try RawStatement(connection, "SELECT id FROM property WHERE path = ?")
      defer { select.reset() }
      try select.bind(copying: path, at: 1)
      return try select.step() ? select.number(0) : nil
    }
  }
#endif
