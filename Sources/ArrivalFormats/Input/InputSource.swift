// SPDX-License-Identifier: Apache-2.0
#if canImport(Darwin)
  private import Darwin
#elseif canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#endif

/// Where a command reads its input from.
package enum InputSource: Sendable, Hashable, CustomStringConvertible {
  case path(String)
  case standardInput
  /// An open descriptor, which the caller closes.
  case descriptor(Int32, name: String)
  case bytes([UInt8], name: String)
  /// The path of a temporary copy, and the name of what was copied.
  case copy(String, of: String)

  /// The source that an argument on the command line names: `-` is standard input.
  package init(argument: String) {
    self = argument == "-" ? .standardInput : .path(argument)
  }

  /// Whether all of it is there, as in a regular file. A pipe, a terminal or a socket may wait for
  /// its writer at any place.
  package var isComplete: Bool {
    var status = stat()
    let code: Int32
    switch self {
    case .bytes: return true
    case .path(let path), .copy(let path, of: _): code = stat(path, &status)
    case .standardInput: code = fstat(STDIN_FILENO, &status)
    case .descriptor(let descriptor, name: _): code = fstat(descriptor, &status)
    }
    return code == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// The name of the source in messages.
  package var description: String {
    switch self {
    case .path(let path): path
    case .standardInput: "standard input"
    case .descriptor(_, let name), .bytes(_, let name), .copy(_, of: let name): name
    }
  }
}
