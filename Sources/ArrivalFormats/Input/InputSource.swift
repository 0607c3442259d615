// SPDX-License-Identifier: Apache-2.0
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

  /// The name of the source in messages.
  package var description: String {
    switch self {
    case .path(let path): path
    case .standardInput: "standard input"
    case .descriptor(_, let name), .bytes(_, let name), .copy(_, of: let name): name
    }
  }
}
