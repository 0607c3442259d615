#if SQLite
  internal import DatastoreModel

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// A file that is read without locks, for there is no place for them beside it.
  ///
  /// Who may write there might do so all the same. A writer makes a log before it changes anything,
  /// and the log goes into the file before it is removed; so where there is no log, and the file has
  /// its time and size of the beginning, all that was read was of one state.
  struct UnchangedFile: Sendable {
    private struct State: Equatable {
      var device: UInt64
      var number: UInt64
      var size: Int64
      var seconds: Int
      var nanoseconds: Int
    }

    private let path: String
    private let state: State?

    /// - Parameter path: The path without links.
    init(_ path: String) {
      self.path = path
      state = Self.state(of: path)
    }

    /// - Throws: `DatastoreError` with `unavailable` if the file was changed since it was opened.
    func check(_ name: String?) throws(DatastoreError) {
      guard state != nil, state == Self.state(of: path), access(path + "-wal", F_OK) != 0 else {
        throw DatastoreError(
          .unavailable,
          """
          The datastore "\(name ?? path)" was written by another process while it was open in a \
          folder that this process may not write, where it is read without locks. Open it again.
          """)
      }
    }

    private static func state(of path: String) -> State? {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      #if canImport(Darwin)
        let time = status.st_mtimespec
      #else
        let time = status.st_mtim
      #endif
      return State(
        device: UInt64(truncatingIfNeeded: status.st_dev),
        number: UInt64(truncatingIfNeeded: status.st_ino), size: Int64(status.st_size),
        seconds: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec))
    }
  }
#endif
