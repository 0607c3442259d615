// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Whether files can be locked at all.
enum FileLocks {
  /// Whether the system refuses a lock in the folder of a file with `ENOLCK`: it has no more locks,
  /// or the file system has none.
  ///
  /// SQLite reports that as a lock that another process holds, and GRDB closes the failed
  /// connection before anybody could ask for the system's reason. So this locks another file to
  /// see. A descriptor of the file itself would, when closed, take away all locks that the process
  /// has on it.
  ///
  /// - Parameter lock: Locks a descriptor; returns the error's number, or 0.
  static func areUnavailable(
    besides path: String, lock: (Int32) -> Int32 = Self.lock
  ) -> Bool {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    var template = Array("\(folder)/.arrival-lock-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    if descriptor < 0 { return false }
    defer {
      unlink(&template)
      close(descriptor)
    }
    return lock(descriptor) == ENOLCK
  }

  private static func lock(_ descriptor: Int32) -> Int32 {
    var range = flock()
    range.l_type = Int16(F_WRLCK)
    range.l_whence = Int16(SEEK_SET)
    range.l_len = 1
    return fcntl(descriptor, F_SETLK, &range) == 0 ? 0 : errno
  }
}
