// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreModel

  #if canImport(Darwin)
    private import Darwin
  #elseif canImport(Glibc)
    private import Glibc
  #elseif canImport(Musl)
    private import Musl
  #endif

  /// A file that is read without locks, because there is no place for them beside it.
  ///
  /// Another process that may write there could still do so. A writer creates a log before it
  /// changes anything, and writes the log back into the file before it removes the log. So if there
  /// is no log, and the file still has the time and size that it had at opening, all reads saw one
  /// state.
  struct ImmutableFile: Sendable {
    private struct State: Equatable {
      var device: UInt64
      var inode: UInt64
      var size: Int64
      var seconds: Int
      var nanoseconds: Int
    }

    private let path: String
    private let state: State?

    /// - Parameter path: The path without symbolic links.
    init(_ path: String) {
      self.path = path
      state = Self.state(of: path)
    }

    /// - Throws: `DatastoreError` with `unavailable` if the file has changed since it was opened.
    func check(_ name: String?) throws(DatastoreError) {
      guard state != nil, state == Self.state(of: path), access(path + "-wal", F_OK) != 0 else {
        throw DatastoreError(
          .unavailable,
          """
          Another process has written the datastore "\(name ?? path)" while it was open here. It \
          is read without locks, because this process may not write in its folder. Open it again.
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
        inode: UInt64(truncatingIfNeeded: status.st_ino), size: Int64(status.st_size),
        seconds: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec))
    }
  }
#endif
