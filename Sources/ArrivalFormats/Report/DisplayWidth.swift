// SPDX-License-Identifier: Apache-2.0
/// How many columns of a terminal texts take.
///
/// Most characters take one, those of East Asian scripts and emoji take two, and marks that combine
/// with the character before them take none.
package enum DisplayWidth {
  /// Ranges of wide characters that are not emoji.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF,
    0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
    0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265,
    0x20000...0x3FFFD,
  ]

  package static func of(_ text: String) -> Int {
    if text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return text.utf8.count }
    return text.reduce(0) { $0 + of($1) }
  }

  /// The width of a character as people see it, which may consist of several Unicode scalars.
  package static func of(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    // The variation selector asks for a picture; a flag is a pair of letters.
    if scalars.count > 1, scalars.contains("\u{FE0F}") || isRegionalLetter(scalars.first) {
      return 2
    }
    return scalars.reduce(0) { max($0, of($1)) }
  }

  /// The longest beginning of a text that fits into `width` columns.
  package static func prefix(_ text: String, width: Int) -> Substring {
    var left = width
    var end = text.startIndex
    for index in text.indices {
      left -= of(text[index])
      if left < 0 { break }
      end = text.index(after: index)
    }
    return text[..<end]
  }

  private static func isRegionalLetter(_ scalar: Unicode.Scalar?) -> Bool {
    scalar.map { 0x1F1E6...0x1F1FF ~= $0.value } ?? false
  }

  private static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if wide.contains(where: { $0 ~= scalar.value }) { return 2 }
    return scalar.properties.isEmojiPresentation && !isRegionalLetter(scalar) ? 2 : 1
  }
}
