#if SQLite
  private import CArrival
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

  /// A copy of a database under another name first, so that the name asked for never holds half of it.
  struct BackupFile {
    private let path: String
    private let temporary: String
    private let linking: Naming
    private let renaming: Naming

    /// Gives the file of the first path the name of the second, and replaces nothing; 0 or the system's
    /// error number.
    typealias Naming = (String, String) -> Int32

    /// Tests pass the answers of file systems that cannot do one or the other.
    init(
      _ path: String, linking: @escaping Naming = { link($0, $1) == 0 ? 0 : errno },
      renaming: @escaping Naming = { arrival_rename_exclusively($0, $1) }
    ) {
      self.path = path
      self.linking = linking
      self.renaming = renaming
      temporary = "\(path).part-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    }

    /// Copies the state that the connection's transaction sees.
    func write(_ connection: Database) throws {
      guard !path.isEmpty, !path.utf8.contains(0) else { throw StoreFailure.unusable(path) }
      guard access(path, F_OK) != 0 else { throw exists() }
      try StoreFailure.requireFolder(of: path)
      defer { for ending in ["", "-journal", "-wal", "-shm"] { unlink(temporary + ending) } }
      try StoreFailure.translating(path, .write) {
        let queue = try DatabaseQueue(path: temporary)
        defer { try? queue.close() }
        // All pages in one step: the reader's transaction keeps the state as it is.
        try queue.inDatabase { try connection.backup(to: $0) }
        try queue.close()
      }
      try sync(temporary)
      try giveName()
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      try sync(folder)
    }

    /// Unlike a plain rename, neither way replaces what another process has put there meanwhile.
    private func giveName() throws {
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
          The backup cannot be named "\(path)": the file system has neither links nor a way to rename \
          a file that replaces nothing. Write the backup to another disk, and copy it from there.
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
        .alreadyExists, "There is a file \"\(path)\". Remove it, or give the backup another name.")
    }

    private func failure(_ number: Int32) -> DatastoreError {
      DatastoreError(
        number == ENOSPC ? .resourceExhausted : .unavailable,
        "The backup \"\(path)\" cannot be written: \(String(cString: strerror(number))).")
    }
  }
#endif
