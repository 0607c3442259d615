#if SQLite
  internal import Datastore
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

    init(_ path: String) {
      self.path = path
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
      // Unlike a rename, a link does not replace what another process has put there meanwhile.
      guard link(temporary, path) == 0 else {
        throw errno == EEXIST ? exists() : failure(errno)
      }
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      try sync(folder)
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
