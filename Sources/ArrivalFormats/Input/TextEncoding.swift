// SPDX-License-Identifier: Apache-2.0
/// How the bytes of a file stand for characters.
package enum TextEncoding: String, Sendable, Hashable, CaseIterable {
  case utf8 = "utf-8"
  /// UTF-16 whose byte-order mark says which byte comes first.
  case utf16 = "utf-16"
  case utf16LittleEndian = "utf-16le"
  case utf16BigEndian = "utf-16be"
  case latin1 = "latin-1"
  case windows1252 = "windows-1252"

  /// The encoding that an argument on the command line names, in any of its usual spellings.
  package init?(argument: String) {
    let name = argument.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " }
    switch name {
    case "utf8": self = .utf8
    case "utf16": self = .utf16
    case "utf16le": self = .utf16LittleEndian
    case "utf16be": self = .utf16BigEndian
    case "latin1", "iso88591", "l1": self = .latin1
    case "windows1252", "cp1252", "1252": self = .windows1252
    default: return nil
    }
  }

  /// The name in messages.
  package var name: String {
    switch self {
    case .utf8: "UTF-8"
    case .utf16, .utf16LittleEndian, .utf16BigEndian: "UTF-16"
    case .latin1: "Latin-1"
    case .windows1252: "Windows-1252"
    }
  }
}
