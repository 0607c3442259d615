// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// An ``InputSource`` that cannot be opened or read; the message says what to do.
package struct InputError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, Hashable {
    case missing, directory, notPermitted, unreadable, damaged, encoding, notText
  }

  package var code: Code
  package var message: String
  /// The name of the source.
  package var source: String

  package var description: String { "\(source): \(message)" }
}

extension InputError {
  /// The error for an `errno` of the operating system.
  init(errno number: Int32, source: InputSource) {
    self.source = source.description
    switch number {
    case ENOENT:
      code = .missing
      message = "there is no such file; check the path"
    case EISDIR:
      code = .directory
      message = "this is a directory; give the path of one file"
    case EACCES, EPERM:
      code = .notPermitted
      message = "you may not read this file; check its permissions"
    default:
      code = .unreadable
      message = "reading failed: \(String(cString: strerror(number)))"
    }
  }
}
