#if SQLite
  internal import DatastoreModel
  private import Foundation
  internal import GRDB

  extension StoreFile {
    /// Opens the file for reading alone.
    ///
    /// SQLite reads a file in write-ahead logging with the help of two files beside it, which it makes
    /// if it may. Where it may not, and there is no log that would have to be read too, it is told that
    /// the file does not change; ``UnchangedFile`` sees to it that this is so.
    func openReadOnly() throws -> (any DatabaseWriter, StoreAccess) {
      guard !path.isEmpty, !path.utf8.contains(0) else { throw StoreFailure.unusable(path) }
      return try StoreFailure.translating(path, .open) {
        try waitingWhileBusy { try attemptReadOnly() }
      }
    }

    private func attemptReadOnly() throws -> (any DatabaseWriter, StoreAccess) {
      let isLogged: Bool
      switch try StoreHeader.read(location) {
      case .absent, .empty: throw StoreFailure.nothingToRead(path)
      case .notADatabase: throw StoreFailure.notADatabase(path)
      case .database(let header):
        guard header.applicationID == Schema.applicationID else { throw StoreFailure.foreign(path) }
        if header.version > schema.version {
          throw StoreFailure.newer(path, header.version, known: schema.version)
        }
        if header.version < schema.version {
          throw StoreFailure.older(path, header.version, known: schema.version)
        }
        isLogged = header.isWriteAheadLogged
      }
      let real = URL(fileURLWithPath: location).resolvingSymlinksInPath().path
      let hasLog = FileManager.default.fileExists(atPath: real + "-wal")
      let folder = URL(fileURLWithPath: real).deletingLastPathComponent().path
      var access = StoreAccess(path: path)
      var name = location
      if isLogged, !hasLog, !FileManager.default.isWritableFile(atPath: folder) {
        access.unchanged = UnchangedFile(real)
        let escaped = real.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? real
        name = "file:\(escaped)?immutable=1"
      }
      var configuration = grdbConfiguration()
      configuration.readonly = true
      do {
        let queue = try DatabaseQueue(path: name, configuration: configuration)
        try queue.inDatabase { try check(try schema.state($0)) }
        return (queue, access)
      } catch let error as DatabaseError where hasLog && !StoreFailure.isBusy(error) {
        switch error.resultCode {
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
          throw StoreFailure.unreadableLog(path)
        default: throw error
        }
      }
    }
  }

  extension StoreFailure {
    fileprivate static func nothingToRead(_ path: String) -> DatastoreError {
      DatastoreError(
        .failedPrecondition,
        """
        There is no datastore "\(path)", and it was to be opened for reading alone. Give the path of \
        one that exists.
        """)
    }

    fileprivate static func older(_ path: String, _ version: Int32, known: Int32) -> DatastoreError
    {
      DatastoreError(
        .failedPrecondition,
        """
        The datastore "\(path)" has version \(version), and this program reads version \(known), to \
        which it cannot be brought without writing. Open it once for writing, as `arrival vacuum` does; \
        programs of the older version refuse it from then on, so take a copy if one has it in use.
        """)
    }

    fileprivate static func unreadableLog(_ path: String) -> DatastoreError {
      DatastoreError(
        .permissionDenied,
        """
        The datastore "\(path)" has a log beside it ("-wal") that holds its last commits, and this \
        process may not write there, which reading the log takes. Let a process that may write open \
        and close the datastore, or copy both files to a folder of your own and read the copy.
        """)
    }
  }
#endif
