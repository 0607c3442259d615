// SPDX-License-Identifier: Apache-2.0
#if SQLite
  private import CDatastoreSQLite
  internal import DatastoreModel
  private import Foundation
  internal import GRDB

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// Backs up a database. It writes the copy under a temporary name and then renames it, so that
  /// the requested name never has half a copy.
  struct BackupFile {
    private let path: String
    private let temporary: String
    private let linking: Renaming
    private let renaming: Renaming

    /// Gives the file at the first path the name of the second, and replaces nothing. Returns 0 or
    /// the system's error number.
    typealias Renaming = (String, String) -> Int32

    /// Tests pass functions that fail as some file systems do.
    init(
      _ path: String, linking: @escaping Renaming = { link($0, $1) == 0 ? 0 : errno },
      renaming: @escaping Renaming = { datastore_rename_exclusively($0, $1) }
    ) {
      self.path = path
      self.linking = linking
      self.renaming = renaming
      temporary = "\(path).part-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    }

    /// Copies the state that the connection's transaction sees.
    func write(_ connection: Database) throws {
      guard !path.isEmpty, !path.utf8.contains(0) else { throw StoreFailure.unusablePath(path) }
      guard access(path, F_OK) != 0 else { throw exists() }
      try StoreFailure.requireFolder(of: path)
      defer { for ending in ["", "-journal", "-wal", "-shm"] { unlink(temporary + ending) } }
      try createFile(like: connection)
      try StoreFailure.translating(path, .write) {
        let queue = try DatabaseQueue(path: temporary)
        defer { try? queue.close() }
        // This copies all pages in one step, while the reader's transaction keeps its state.
        try queue.inDatabase {
          try connection.backup(to: $0)
          // The header then says that no log belongs to the copy: see ``MovedFile``.
          try $0.execute(sql: "PRAGMA journal_mode = DELETE")
        }
        try queue.close()
      }
      try sync(temporary)
      try rename()
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      try sync(folder)
    }

    /// Creates the empty copy before there is anything to read in it.
    private func createFile(like connection: Database) throws {
      let original = try String.fetchOne(
        connection, sql: "SELECT file FROM pragma_database_list WHERE name = 'main'")
      let number = Self.create(temporary, like: original)
      guard number == 0 else { throw failure(number) }
    }

    /// Creates an empty file with the owner and the permissions of another one. If they are not
    /// known, as of a database in memory, it gets those of any new file.
    ///
    /// - Returns: 0, or the system's error number. Even then nobody else may read the file.
    static func create(_ path: String, like original: String?) -> Int32 {
      var source = stat()
      let isKnown = original.map { !$0.isEmpty && stat($0, &source) == 0 } ?? false
      let descriptor = open(
        path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isKnown ? 0o600 : 0o666)
      guard descriptor >= 0 else { return errno }
      defer { close(descriptor) }
      guard isKnown else { return 0 }
      var mode = source.st_mode & 0o777
      if fchown(descriptor, source.st_uid, source.st_gid) != 0 {
        var copy = stat()
        // Another group gets nothing.
        if fstat(descriptor, &copy) != 0 || copy.st_gid != source.st_gid { mode &= ~0o070 }
      }
      return fchmod(descriptor, mode) == 0 ? 0 : errno
    }

    /// Links or renames the copy. Unlike a plain rename, neither replaces a file that another
    /// process has written meanwhile.
    private func rename() throws {
      var number = linking(temporary, path)
      // FAT has no links, and some systems forbid them.
      if [EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK].contains(number) {
        number = renaming(temporary, path)
      }
      switch number {
      case 0: return
      case EEXIST: throw exists()
      case EINVAL, ENOSYS, ENOTSUP:
        throw DatastoreError(
          .failedPrecondition,
          """
          The backup cannot be renamed to "\(path)" without the risk of replacing a file: the file \
          system has neither links nor exclusive renames. Write the backup to another disk, and \
          copy it from there.
          """)
      default: throw failure(number)
      }
    }

    private func sync(_ path: String) throws {
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw failure(errno) }
      defer { close(descriptor) }
      guard fsync(descriptor) == 0 else { throw failure(errno) }
    }

    private func exists() -> DatastoreError {
      DatastoreError(
        .alreadyExists,
        "The file \"\(path)\" exists already. Remove it, or give the backup another name.")
    }

    private func failure(_ number: Int32) -> DatastoreError {
      DatastoreError(
        number == ENOSPC ? .resourceExhausted : .unavailable,
        """
        The backup "\(path)" cannot be written: \(String(cString: strerror(number))). Check the \
        disk and the permissions of the folder, then try again.
        """)
    }
  }
#endif
