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
}
