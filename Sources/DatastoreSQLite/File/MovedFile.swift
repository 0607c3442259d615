// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  private import Foundation
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

  extension MovedFile {
    /// Refuses a file that was copied or moved into the place of another one, whose log is still
    /// there; see ``Lineage``.
    ///
    /// Others may have the file open and change both meanwhile. So a pair counts only if the log
    /// was the same before and after.
    static func checkPair(at location: String, _ path: String) throws(DatastoreError) {
      let real = resolved(location)
      for _ in 0..<5 {
        guard let salts = LogSalts.read(real + "-wal"), salts != 0,
          let log = lineage(of: real, withLog: true),
          let file = lineage(of: real, withLog: false)
        else { return }
        if log.lineage.isOfLog(besideFile: file.lineage, current: salts) { return }
        if let again = lineage(of: real, withLog: true), again == log,
          LogSalts.read(real + "-wal") == salts
        {
          throw StoreFailure.logOfAnother(path)
        }
      }
    }

    /// The path of the log of a file, beside the file that links lead to.
    static func log(of location: String) -> String { resolved(location) + "-wal" }

    private static func resolved(_ location: String) -> String {
      URL(fileURLWithPath: location).resolvingSymlinksInPath().path
    }

    /// `nil` for a file that has none, or cannot be read. SQLite says why when it opens the file.
    private static func lineage(
      of path: String, withLog: Bool
    ) -> (lineage: Lineage, committed: Int64)? {
      // A connection that only reads never writes the log into the file when it closes.
      var configuration = GRDB.Configuration()
      configuration.readonly = true
      let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
      let name = "file:\(escaped)?mode=ro" + (withLog ? "" : "&immutable=1")
      guard let queue = try? DatabaseQueue(path: name, configuration: configuration) else {
        return nil
      }
      defer { try? queue.close() }
      return (try? queue.inDatabase { try Lineage.read($0) }) ?? nil
    }
  }

  extension StoreFailure {
    fileprivate static func logOfAnother(_ path: String) -> DatastoreError {
      DatastoreError(
        .failedPrecondition,
        """
        The log "\(path)-wal" does not belong to the datastore "\(path)": the file was copied or \
        moved into the place of another one, which a crash had left with its log. Opening both \
        would undo the copy, so nothing was changed. To keep the copy, move "\(path)-wal" and \
        "\(path)-shm" away. To keep what was there before, put that file back beside its log. Next \
        time, use "arrival restore".
        """)
    }

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
