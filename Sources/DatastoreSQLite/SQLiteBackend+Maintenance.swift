// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import GRDB

  extension SQLiteBackend {
    /// Counts what the file contains, all of it in one state.
    ///
    /// This reads all keys and the whole index, which takes about a second for a million entities.
    ///
    /// - Throws: `DatastoreError`: `failedPrecondition` after ``close()``, or an error of the file
    ///   system.
    public func contents() async throws -> Contents {
      try await reading { try ContentsCounter.run($0) }
    }

    /// Reads the whole file: checks its structure and each entity, and compares the index with
    /// them.
    ///
    /// Commits go on meanwhile. The report lists at most 100 problems.
    ///
    /// - Throws: `DatastoreError` if the file cannot be read at all. Damage in the file is in the
    ///   report, and not thrown.
    public func check() async throws -> CheckReport {
      try await reading { IntegrityCheck.run($0) }
    }

    /// Copies the database into a new file while it is in use. The copy is the state of one moment.
    ///
    /// Commits go on meanwhile. When this returns, the file is complete and on the disk. If it
    /// throws, there is no file.
    ///
    /// - Parameter path: The path of the new file. Its folder must exist.
    /// - Throws: `DatastoreError`: `alreadyExists` if the file exists; `permissionDenied`;
    ///   `resourceExhausted` on a full disk; `dataLoss` if the database is damaged;
    ///   `failedPrecondition` on a file system that can rename files only by replacing others.
    public func backup(to path: String) async throws {
      try await reading { try BackupFile(path).write($0) }
    }

    /// Replaces all contents of a file with those of a backup.
    ///
    /// Either all of the backup is in the file afterwards, or the file is as it was, also after a
    /// crash. The backup is checked first, and is not changed. No process may have the file open.
    /// This blocks the calling thread, for about a second for each gigabyte.
    ///
    /// ```swift
    /// try SQLiteBackend.restore("shop.arrival", from: "backup.arrival")
    /// ```
    ///
    /// - Parameters:
    ///   - path: The path of the file, which is created with the backup's permissions if there is
    ///     none. Its folder must exist.
    ///   - backup: The path of the backup, or of any other datastore.
    ///   - busyTimeout: How long to wait for processes that have the file open.
    /// - Throws: `DatastoreError`: `dataLoss` if the backup is damaged; `unavailable` if a process
    ///   has the file open; `failedPrecondition` if one of the files is not a datastore, or the
    ///   backup has another version than this library; `permissionDenied`; `resourceExhausted` on
    ///   a full disk.
    public static func restore(
      _ path: String, from backup: String, busyTimeout: Duration = .seconds(5)
    ) throws {
      let file = StoreFile(
        path: path, configuration: Configuration(busyTimeout: busyTimeout), schema: .current)
      try StoreRestore(file: file, backup: backup).run()
    }

    /// Rewrites the file without unused pages. Meanwhile it needs as much space again.
    ///
    /// - Throws: `DatastoreError`: `resourceExhausted` on a full disk, `aborted` if another process
    ///   has locked the file. The file is then as it was.
    public func vacuum() async throws {
      try await maintaining(.write) { database, done in
        database.asyncWriteWithoutTransaction { [path] connection in
          done(
            Result {
              try MovedFile.check(connection, path)
              if connection.isInsideTransaction { try connection.rollback() }
              try connection.execute(sql: "VACUUM")
              // The new pages are in the log. The file shrinks when the log is written back.
              _ = try Row.fetchOne(connection, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            })
        }
      }
    }

    /// The size of the file as the database knows it, without pages that are only in its log.
    ///
    /// - Throws: `DatastoreError`: `failedPrecondition` after ``close()``, or an error of the file
    ///   system.
    public func fileBytes() async throws -> Int {
      try await reading { try ContentsCounter.bytes(ofPages: "page_count", $0) }
    }

    func reading<Reply: Sendable>(
      _ body: @escaping @Sendable (Database) throws -> Reply
    ) async throws -> Reply {
      try await maintaining(.read) { database, done in
        database.asyncRead { [access] connection in
          done(Result { try access.reading(connection, body) })
        }
      }
    }

    private func maintaining<Reply: Sendable>(
      _ activity: StoreFailure.Activity,
      _ start: (any DatabaseWriter, @escaping @Sendable (Result<Reply, any Error>) -> Void) -> Void
    ) async throws -> Reply {
      try calls.enter(path)
      defer { calls.leave() }
      return try await withCheckedThrowingContinuation { continuation in
        start(database) { [path] result in
          continuation.resume(
            with: Result { try StoreFailure.translating(path, activity) { try result.get() } })
        }
      }
    }
  }
#endif
