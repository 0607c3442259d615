// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  internal import GRDB

  /// Translates SQLite's result codes into errors that say what happened, where, and what to do.
  enum StoreFailure {
    /// What the failed call did.
    enum Activity {
      case open, read, write, close
    }

    /// Runs `body`, and throws an error of GRDB as a `DatastoreError`.
    static func translating<T>(
      _ path: String?, _ activity: Activity, _ body: () throws -> T
    ) throws -> T {
      do {
        return try body()
      } catch let error as DatabaseError {
        throw translate(error, path, activity)
      } catch let error as DatastoreError where error.code == .dataLoss {
        // The code that found the damage did not know the file.
        throw error.naming(path)
      }
    }

    static func isBusy(_ error: DatabaseError) -> Bool {
      error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED
    }

    static func translate(
      _ error: DatabaseError, _ path: String?, _ activity: Activity
    ) -> DatastoreError {
      if let path, error.resultCode == .SQLITE_BUSY, FileLocks.areUnavailable(besides: path) {
        return DatastoreError(
          activity == .write ? .aborted : .unavailable, noLocksText(name(path)), cause: error)
      }
      let (code, text) = explain(error, name(path), activity)
      return DatastoreError(code, text, cause: error)
    }

    fileprivate static func name(_ path: String?) -> String {
      path.map { "\"\($0)\"" } ?? "in memory"
    }

    private static func explain(
      _ error: DatabaseError, _ name: String, _ activity: Activity
    ) -> (DatastoreError.Code, String) {
      switch error.resultCode {
      case .SQLITE_FULL:
        return (.resourceExhausted, fullText(name))
      case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
        return (.resourceExhausted, fullText(name))
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        // Without the lock a commit wrote nothing. `unavailable` would leave that open.
        return (activity == .write ? .aborted : .unavailable, busyText(name, activity))
      case .SQLITE_NOTADB:
        return (.failedPrecondition, notADatabaseText(name))
      case .SQLITE_CORRUPT:
        return (.dataLoss, damagedText(name))
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
        return (.permissionDenied, readOnlyText(name))
      case .SQLITE_CANTOPEN where FileDescriptors.areExhausted:
        return (.resourceExhausted, tooManyFilesText(name))
      case .SQLITE_CANTOPEN:
        return (.permissionDenied, cannotOpenText(name))
      case .SQLITE_IOERR:
        return (.unavailable, diskFailureText(name, activity))
      case .SQLITE_NOMEM:
        return (.resourceExhausted, noMemoryText(name))
      default:
        return (.internal, unexpectedText(name))
      }
    }

    private static func fullText(_ name: String) -> String {
      """
      The disk of the datastore \(name) is full. This call has written nothing, and earlier \
      commits are safe. Free some space, then try again.
      """
    }

    private static func busyText(_ name: String, _ activity: Activity) -> String {
      """
      Another process has held the lock on the datastore \(name) for longer than the busy timeout. \
      Nothing was \(activity == .write ? "written" : "changed"). Try again, or set a longer \
      busyTimeout in the configuration.
      """
    }

    static func noLocksText(_ name: String) -> String {
      """
      The system gives no locks for the datastore \(name) (ENOLCK), so nothing was read or \
      written. No other process holds it. Raise the number of locks ("ulimit -x"), start the lock \
      service of a network file system, or keep the file on a local disk.
      """
    }

    private static func damagedText(_ name: String) -> String {
      """
      The file of the datastore \(name) is damaged. Stop writing to it and copy it with its -wal \
      file. Then restore a backup with "arrival restore FILE BACKUP", or recover what is readable \
      with "sqlite3 FILE .recover".
      """
    }

    private static func readOnlyText(_ name: String) -> String {
      """
      The datastore \(name) cannot be written. Either the file, its folder or the disk is \
      read-only for this process, or the datastore was opened with isReadOnly. Allow writing to \
      both the file and its folder.
      """
    }

    private static func tooManyFilesText(_ name: String) -> String {
      """
      The datastore \(name) cannot get another connection: the process or the system has as many \
      files open as it may. Close some, allow more ("ulimit -n"), or lower maxTransactions and \
      maxReaders in the configuration.
      """
    }

    private static func cannotOpenText(_ name: String) -> String {
      """
      The datastore \(name) cannot be opened. Check that this process may read and write the file, \
      and create files in its folder: SQLite puts the files -wal and -shm there.
      """
    }

    private static func diskFailureText(_ name: String, _ activity: Activity) -> String {
      let doubt = "This call may or may not have been written, so check before you repeat it. "
      return """
        The disk of the datastore \(name) failed. \(activity == .write ? doubt : "")Look for the \
        cause in the system's log, then open the datastore again.
        """
    }

    private static func noMemoryText(_ name: String) -> String {
      """
      There is too little memory for a call to the datastore \(name). Free some, or set a smaller \
      cacheBytes in the configuration.
      """
    }

    private static func unexpectedText(_ name: String) -> String {
      """
      SQLite refused a call to the datastore \(name) with a code that this library does not \
      expect. Please report this with the cause of this error.
      """
    }
  }

  extension DatastoreError {
    /// The same error, with the file that is damaged.
    func naming(_ path: String?) -> DatastoreError {
      var error = self
      error.message += " The datastore is \(StoreFailure.name(path))."
      return error
    }
  }
#endif
