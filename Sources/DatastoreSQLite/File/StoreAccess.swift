// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import GRDB

  /// Runs the transactions of a backend on its file, and checks the file's version in each of them.
  ///
  /// While the file is open here, a program with a newer version of this library may open it too
  /// and migrate it. The file then has rows that this version does not understand. So every
  /// transaction reads the version first.
  struct StoreAccess: Sendable {
    let path: String?
    /// The newest version that this library knows.
    var version: Int32
    /// Set for a file that is read without locks: a read counts only if nobody has written
    /// meanwhile.
    var immutableFile: ImmutableFile?
    /// How much of the past commits keep.
    var history = HistoryPolicy.none

    /// Runs a read on a connection that sees one state of the file.
    func reading<T>(
      _ connection: Result<Database, any Error>, _ body: (Database) throws -> T
    ) throws -> T {
      try StoreFailure.translating(path, .read) {
        let connection = try connection.get()
        try immutableFile?.check(path)
        let result = Result {
          try checkVersion(connection)
          return try body(connection)
        }
        try immutableFile?.check(path)
        return try result.get()
      }
    }

    /// Runs a transaction that writes. It waits for the lock and takes it before it reads anything.
    func writing(
      _ connection: Database, _ body: () throws -> Database.TransactionCompletion
    ) throws {
      if connection.isInsideTransaction { try connection.rollback() }
      try connection.inTransaction(.immediate) {
        try MovedFile.check(connection, path)
        try checkVersion(connection)
        return try body()
      }
    }

    private func checkVersion(_ connection: Database) throws {
      let select = try RawStatement(connection, "PRAGMA user_version")
      defer { select.reset() }
      guard try select.step() else { return }
      let found = Int32(truncatingIfNeeded: select.number(0))
      if found > version { throw StoreFailure.newer(path ?? "", found, known: version) }
    }
  }
#endif
