// SPDX-License-Identifier: Apache-2.0
/// A text whose control characters are shown as escapes, so that a terminal does not obey them.
///
/// Control characters are those of ASCII and Latin-1 (C0 and C1), those that change the direction
/// of text, and those that separate lines and paragraphs.
package struct Escaped: CustomStringConvertible {
  package let description: String

  /// - Parameters:
  ///   - text: The text.
  ///   - keepsLineFeeds: Whether line feeds stay as they are.
  package init(_ text: String, keepsLineFeeds: Bool = false) {
    let isPlain = text.utf8.allSatisfy { 0x20..<0x7F ~= $0 }
    if isPlain || !text.unicodeScalars.contains(where: Self.isControl) {
      description = text
      return
    }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if Self.isControl(scalar), scalar != "\n" || !keepsLineFeeds {
        result.append(contentsOf: Self.escape(scalar).unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    description = String(result)
  }

  /// Whether a terminal could obey a character.
  package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// The character as JSON writes it: `\n`, `\u001b`.
  package static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default:
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
  }
}
