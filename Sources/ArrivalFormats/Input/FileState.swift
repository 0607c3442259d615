// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// The size of a regular file and the time of its last change, to see whether somebody writes it.
package struct FileState: Sendable, Hashable {
  private var size: Int64
  private var seconds: Int
  private var nanoseconds: Int

  /// `nil` if the source is no regular file.
  package init?(_ source: InputSource) {
    guard case .path(let path) = source else { return nil }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    size = Int64(status.st_size)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    seconds = Int(time.tv_sec)
    nanoseconds = Int(time.tv_nsec)
  }
}
