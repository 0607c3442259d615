#if SQLite
  internal import GRDB
  private import GRDBSQLite
  private import Synchronization

  /// The numbers that stand for properties in the index of one file.
  ///
  /// A number is given once and stays for good, so one that was committed may be remembered.
  final class IndexNames: Sendable {
    /// The name of the property that every entity has: its row says that it is of its kind.
    static let kindProperty = "__key__"

    private let known = Mutex<[[UInt8]: Int64]>([:])

    /// The number of a property; `nil` if no entity ever had it.
    func find(_ path: [UInt8], _ connection: Database) throws -> Int64? {
      if let number = known.withLock({ $0[path] }) { return number }
      let number = try Self.read(path, connection)
      // A reader sees committed ones only; a commit's check, behind others of its group, may see one
      // that will be undone.
      let isWriting = sqlite3_txn_state(connection.sqliteConnection, nil) == SQLITE_TXN_WRITE
      if let number, !isWriting { known.withLock { $0[path] = number } }
      return number
    }

    /// The numbers of properties, new ones made where needed, inside a writing transaction.
    func numbers(_ paths: [[UInt8]], _ connection: Database) throws -> [Int64] {
      let known = known.withLock { $0 }
      return try paths.map { path in
        if let number = try known[path] ?? Self.read(path, connection) { return number }
        let insert = try RawStatement(connection, "INSERT INTO property (path) VALUES (?)")
        try insert.bind(copying: path, at: 1)
        _ = try insert.run()
        return connection.lastInsertedRowID
      }
    }

    /// Remembers numbers whose transaction was committed.
    func remember(_ paths: [[UInt8]], _ numbers: [Int64]) {
      known.withLock { known in
        for (path, number) in zip(paths, numbers) { known[path] = number }
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
