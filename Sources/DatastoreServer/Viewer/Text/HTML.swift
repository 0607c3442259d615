// SPDX-License-Identifier: Apache-2.0
#if Server
  /// A piece of HTML.
  ///
  /// ```
  /// let cell: HTML = "<td>\(text)</td>"
  /// ```
  ///
  /// Text that is put into it is escaped, so that no stored value can add an element, an attribute
  /// or a script. Only other pieces are put in as they are. Attributes always have double quotes.
  struct HTML: Sendable, Hashable, ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral literal: String) { text = literal }

    init(stringInterpolation interpolation: Interpolation) { text = interpolation.text }

    private init(escaped text: String) { self.text = text }

    struct Interpolation: StringInterpolationProtocol {
      fileprivate var text = ""

      init(literalCapacity: Int, interpolationCount: Int) {
        text.reserveCapacity(literalCapacity * 2)
      }

      mutating func appendLiteral(_ literal: String) { text += literal }
      mutating func appendInterpolation(_ html: HTML) { text += html.text }
      mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { text += part.text } }
      mutating func appendInterpolation(_ address: ViewerAddress) {
        HTML.escape(address.description, into: &text)
      }
      mutating func appendInterpolation(_ number: some BinaryInteger) { text += String(number) }
      mutating func appendInterpolation(_ plain: some StringProtocol) {
        HTML.escape(plain, into: &text)
      }
    }

    private static func escape(_ plain: some StringProtocol, into text: inout String) {
      for scalar in plain.unicodeScalars {
        switch scalar {
        case "&": text += "&amp;"
        case "<": text += "&lt;"
        case ">": text += "&gt;"
        case "\"": text += "&quot;"
        case "'": text += "&#39;"
        // A carriage return would arrive as a line feed.
        case "\r": text += "&#13;"
        // HTML has no such character.
        case "\0": text += "\u{FFFD}"
        default: text.unicodeScalars.append(scalar)
        }
      }
    }

    static func + (a: HTML, b: HTML) -> HTML { HTML(escaped: a.text + b.text) }
  }

  /// An optional piece: the piece if the condition holds.
  func html(_ condition: Bool, _ piece: @autoclosure () -> HTML) -> HTML {
    condition ? piece() : ""
  }
#endif
