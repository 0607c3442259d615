#if SQLite
  internal import DatastoreModel
  internal import GRDB

  /// Makes of SQLite's result codes errors that say what happened, where, and what to do.
  enum StoreFailure {
    /// What was being done.
    enum Activity {
      case open, read, write, close
    }

    /// Runs `body`; an error of GRDB's leaves as a `DatastoreError`.
    static func translating<T>(
      _ path: String?, _ activity: Activity, _ body: () throws -> T
    ) throws -> T {
      do {
        return try body()
      } catch let error as DatabaseError {
        throw translate(error, path, activity)
      } catch let error as DatastoreError where error.code == .dataLoss {
        // Whoever found the damage did not know in which file.
        throw error.naming(path)
      }
    }

    static func isBusy(_ error: DatabaseError) -> Bool {
      error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED
    }

    static func translate(
      _ error: DatabaseError, _ path: String?, _ activity: Activity
    ) -> DatastoreError {
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
        // A commit that never got the lock wrote nothing, which `unavailable` would leave open.
        return (activity == .write ? .aborted : .unavailable, busyText(name, activity))
      case .SQLITE_NOTADB:
        return (.failedPrecondition, notADatabaseText(name))
      case .SQLITE_CORRUPT:
        return (.dataLoss, damagedText(name))
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
        return (.permissionDenied, readOnlyText(name))
      case .SQLITE_CANTOPEN where OpenFiles.areExhausted:
        return (.resourceExhausted, noMoreFilesText(name))
      case .SQLITE_CANTOPEN:
        return (.permissionDenied, cannotOpenText(name))
      case .SQLITE_IOERR:
        return (.unavailable, diskFailureText(name, activity))
      case .SQLITE_NOMEM:
        return (.resourceExhausted, "There is no memory left for a call to the datastore \(name).")
      default:
        return (
          .internal,
          "SQLite refused a call to the datastore \(name) in a way this library does not expect."
        )
      }
    }

    private static func fullText(_ name: String) -> String {
      """
      The disk of the datastore \(name) is full. Nothing of this call was written, and what was \
      committed before is safe. Free some space, then try again.
      """
    }

    private static func busyText(_ name: String, _ activity: Activity) -> String {
      """
      Another process has held the datastore \(name) for longer than the busy timeout. \
      Nothing was \(activity == .write ? "written" : "changed"). Try again, or set a longer \
      busyTimeout in the configuration.
      """
    }

    private static func damagedText(_ name: String) -> String {
      """
      The file of the datastore \(name) is damaged. Stop writing to it, copy it with its -wal \
      file, and restore a backup, or save what can be read with "sqlite3 FILE .recover".
      """
    }

    private static func readOnlyText(_ name: String) -> String {
      """
      The datastore \(name) cannot be written: the file, its folder or the disk is read-only for \
      this process, or it was opened for reading alone. Allow writing to both the file and its folder.
      """
    }

    private static func noMoreFilesText(_ name: String) -> String {
      """
      The datastore \(name) cannot be opened once more: the process, or the system, has as many \
      files open as it may. Close some, allow more ("ulimit -n"), or have fewer transactions and \
      readers at once (maximumTransactions, maximumReaders).
      """
    }

    private static func cannotOpenText(_ name: String) -> String {
      """
      The datastore \(name) cannot be opened. See that this process may read and write the file \
      and create files in its folder, where SQLite puts -wal and -shm beside it.
      """
    }

    private static func diskFailureText(_ name: String, _ activity: Activity) -> String {
      let doubt = "Whether this call was written is not known: look before you repeat it. "
      return """
        The disk of the datastore \(name) failed. \(activity == .write ? doubt : "")See the \
        system's log for what is wrong with it, then open the datastore again.
        """
    }
  }

  extension DatastoreError {
    /// The same with the file in which the damage is.
    func naming(_ path: String?) -> DatastoreError {
      var error = self
      error.message += " The datastore is \(StoreFailure.name(path))."
      return error
    }
  }
#endif
