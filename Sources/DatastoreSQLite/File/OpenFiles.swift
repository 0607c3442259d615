#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// The files that the process has open.
enum OpenFiles {
  /// The most that one connection opens: file, log, shared memory, and the folder or a journal.
  private static let ofOneConnection = 4

  /// Whether there are too many for one more connection.
  ///
  /// SQLite gives one code for all reasons why a file cannot be opened, and GRDB closes a connection
  /// that failed before the system's reason could be asked for. So it is tried again with another file.
  static var areExhausted: Bool {
    var opened: [Int32] = []
    defer { for descriptor in opened { close(descriptor) } }
    for _ in 0..<ofOneConnection {
      let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
      if descriptor < 0 { return errno == EMFILE || errno == ENFILE }
      opened.append(descriptor)
    }
    return false
  }
}
