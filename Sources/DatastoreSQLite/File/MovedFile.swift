// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  internal import GRDB
  internal import GRDBSQLite

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// A file that another program has moved, removed or replaced while it is open here.
  ///
  /// SQLite goes on in the file that it has opened, while the log beside it has the name of the
  /// file that is there now. What is written then is lost, or ends up in the wrong file.
  enum MovedFile {
    /// Whether the path leads to another file than the one that the connection has opened, or to
    /// none.
    static func isMoved(_ connection: Database) -> Bool {
      var moved: Int32 = 0
      let code = sqlite3_file_control(
        connection.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
      return code == SQLITE_OK && moved != 0
    }

    /// - Throws: `DatastoreError` with `failedPrecondition`. Nothing was written then.
    static func check(_ connection: Database, _ path: String?) throws(DatastoreError) {
      if let path, isMoved(connection) { throw StoreFailure.moved(path) }
    }

    /// Writes the log into the file that the connection has opened, and empties it.
    ///
    /// The log would otherwise be taken for that of the file that has the name now.
    static func emptyLog(_ connection: Database) throws {
      if connection.isInsideTransaction { try connection.rollback() }
      _ = try Row.fetchOne(connection, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }

    /// Refuses a file that was never used, and has the log of another file beside it.
    ///
    /// A backup is not in write-ahead logging until it is opened. So a log beside it belongs to the
    /// file over which it was copied, and SQLite would undo the copy with it.
    static func checkLog(of header: StoreHeader, at location: String, _ path: String)
      throws(DatastoreError)
    {
      var status = stat()
      guard !header.isWriteAheadLogged, stat(location + "-wal", &status) == 0, status.st_size > 0
      else { return }
      throw StoreFailure.foreignLog(path)
    }
  }

  extension StoreFailure {
    fileprivate static func moved(_ path: String) -> DatastoreError {
      DatastoreError(
        .failedPrecondition,
        """
        The file of the datastore "\(path)" was moved, removed or replaced while it was open here. \
        This call has written nothing. Close the datastore and open it again. Next time, close it \
        first, or use "arrival restore" to replace what it contains.
        """)
    }

    fileprivate static func foreignLog(_ path: String) -> DatastoreError {
      DatastoreError(
        .failedPrecondition,
        """
        The datastore "\(path)" is a backup that was copied over another file, and the log \
        "\(path)-wal" belongs to that file. Opening both would undo the copy, so nothing was \
        changed. To keep the backup, move "\(path)-wal" and "\(path)-shm" away. Next time, use \
        "arrival restore".
        """)
    }
  }
#endif
