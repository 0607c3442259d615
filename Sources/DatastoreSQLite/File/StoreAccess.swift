#if SQLite
  internal import GRDB

  /// How a backend reads and writes its file: what each transaction has to see to.
  ///
  /// While the file is open here, a program with a newer version of this library may open it too, and take
  /// it to a version with rows that this one knows nothing of. So each transaction reads the version.
  struct StoreAccess: Sendable {
    let path: String?
    /// The version that is known here.
    var version = Schema.current.version
    /// Set for a file that is read without locks: what was read counts if nobody has written meanwhile.
    var unchanged: UnchangedFile?

    /// Runs a read on a connection that is in one state of the file.
    func reading<T>(
      _ connection: Result<Database, any Error>, _ body: (Database) throws -> T
    ) throws -> T {
      try StoreFailure.translating(path, .read) {
        let connection = try connection.get()
        try unchanged?.check(path)
        let result = Result {
          try check(connection)
          return try body(connection)
        }
        try unchanged?.check(path)
        return try result.get()
      }
    }

    /// Runs a transaction that writes. The lock is taken, and waited for, before anything is read.
    func writing(
      _ connection: Database, _ body: () throws -> Database.TransactionCompletion
    ) throws {
      if connection.isInsideTransaction { try connection.rollback() }
      try connection.inTransaction(.immediate) {
        try check(connection)
        return try body()
      }
    }

    private func check(_ connection: Database) throws {
      let select = try RawStatement(connection, "PRAGMA user_version")
      defer { select.reset() }
      guard try select.step() else { return }
      let found = Int32(truncatingIfNeeded: select.number(0))
      if found > version { throw StoreFailure.newer(path ?? "", found, known: version) }
    }
  }
#endif
