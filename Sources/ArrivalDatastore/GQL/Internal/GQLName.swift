// SPDX-License-Identifier: Apache-2.0
/// The names of kinds, properties and values in GQL.
package enum GQLName {
  /// A name between backquotes, in which it may be any text. ``GQLTokenizer`` reads it back.
  package static func quoted(_ name: String) -> String {
    var text = "`"
    for scalar in name.unicodeScalars {
      switch scalar {
      case "`": text += "``"
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "`"
  }

  /// Whether a query can name a binding so.
  static func isOfBinding(_ name: String) -> Bool {
    let scalars = name.unicodeScalars
    guard let first = scalars.first, GQLTokenizer.isNameStart(first) else { return false }
    return !Limits.isReserved(name)
      && scalars.allSatisfy { GQLTokenizer.isNameStart($0) || GQLTokenizer.isDigit($0) }
  }
}
