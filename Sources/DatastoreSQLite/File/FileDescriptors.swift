// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// How many more files the process may open.
enum FileDescriptors {
  /// The most files that one connection opens: file, log, shared memory, and folder or journal.
  private static let perConnection = 4

  /// Whether there are too few left for one more connection.
  ///
  /// SQLite gives one code for every reason why it cannot open a file, and GRDB closes the failed
  /// connection before anybody could ask for the system's reason. So this opens other files to see.
  static var areExhausted: Bool {
    var opened: [Int32] = []
    defer { for descriptor in opened { close(descriptor) } }
    for _ in 0..<perConnection {
      let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
      if descriptor < 0 { return errno == EMFILE || errno == ENFILE }
      opened.append(descriptor)
    }
    return false
  }
}
