// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel
  private import Foundation
  internal import GRDB

  extension StoreFile {
    /// Opens the file read-only.
    ///
    /// SQLite reads a file in write-ahead logging with two more files beside it, and creates them
    /// if they are missing. If this process cannot create them, and there is no log to read, this
    /// tells SQLite that the file does not change. ``ImmutableFile`` checks that it really has not.
    func openReadOnly() throws -> (any DatabaseWriter, StoreAccess) {
      guard !path.isEmpty, !path.utf8.contains(0) else { throw StoreFailure.unusablePath(path) }
      return try StoreFailure.translating(path, .open) {
        try retryingWhileBusy { try openReadOnlyOnce() }
      }
    }

    private func openReadOnlyOnce() throws -> (any DatabaseWriter, StoreAccess) {
      let header = try readableHeader()
      let real = URL(fileURLWithPath: location).resolvingSymlinksInPath().path
      let hasLog = FileManager.default.fileExists(atPath: real + "-wal")
      let folder = URL(fileURLWithPath: real).deletingLastPathComponent().path
      var access = StoreAccess(path: path, version: schema.version)
      var name = location
      if header.isWriteAheadLogged, !hasLog,
        !FileManager.default.isWritableFile(atPath: folder)
      {
        access.immutableFile = ImmutableFile(real)
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

    /// The header of a datastore that has exactly this library's version.
    private func readableHeader() throws -> StoreHeader {
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
        try MovedFile.checkLog(of: header, at: location, path)
        try MovedFile.checkPair(at: location, path)
        return header
      }
    }
  }

  extension StoreFailure {
    fileprivate static func nothingToRead(_ path: String) -> DatastoreError {
      DatastoreError(
        .failedPrecondition,
        """
        There is no datastore "\(path)" to open read-only. Give the path of an existing datastore, \
        or leave out isReadOnly to create one.
        """)
    }

    fileprivate static func older(_ path: String, _ version: Int32, known: Int32) -> DatastoreError
    {
      DatastoreError(
        .failedPrecondition,
        """
        The datastore "\(path)" has version \(version), and this program reads version \(known) \
        only. Opening it read-only cannot migrate it. Open it once for writing, as `arrival \
        vacuum` does. Programs of the older version refuse it from then on, so keep a copy if one \
        still uses it.
        """)
    }

    fileprivate static func unreadableLog(_ path: String) -> DatastoreError {
      DatastoreError(
        .permissionDenied,
        """
        The datastore "\(path)" has its last commits in a log beside it ("-wal"). Reading the log \
        takes the right to write in that folder, which this process does not have. Let a process \
        that has it open and close the datastore, or copy both files to another folder and read \
        the copy.
        """)
    }
  }
#endif
