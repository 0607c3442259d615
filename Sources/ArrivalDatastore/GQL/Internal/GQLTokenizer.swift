// SPDX-License-Identifier: Apache-2.0
/// Splits a text of GQL into tokens, one at a time.
///
/// It is a value, so a copy can look ahead.
struct GQLTokenizer: Sendable {
  let text: [Unicode.Scalar]
  private var position = 0

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  /// The next token. At the end of the text it is always `.end`.
  mutating func next() throws(TextError) -> GQLToken {
    while let scalar = peek(), Self.isSpace(scalar) { position += 1 }
    let start = position
    guard let scalar = peek() else { return token(.end, from: start) }
    if Self.isNameStart(scalar) {
      let name = name()
      return token(.word(name), from: start)
    }
    switch scalar {
    case "'", "\"":
      let text = try quoted("string")
      return token(.string(text), from: start)
    case "`":
      let name = try quoted("name")
      if name.isEmpty { throw error("the name in backquotes is empty", start..<position) }
      return token(.quotedName(name), from: start)
    case "@": return try binding()
    default: break
    }
    if startsNumber() { return try number() }
    return try symbol()
  }

  func error(_ message: String, _ range: Range<Int>, suggestion: String? = nil) -> TextError {
    TextError(message, at: range, of: text, suggestion: suggestion)
  }

  private func token(_ content: GQLToken.Content, from start: Int) -> GQLToken {
    GQLToken(content: content, range: start..<position)
  }

  private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    position + distance < text.count ? text[position + distance] : nil
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
  }

  static func isDigit(_ scalar: Unicode.Scalar?) -> Bool {
    scalar.map { "0"..."9" ~= $0 } ?? false
  }

  static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "_", "$", "\u{80}"..."\u{FFFF}": true
    default: false
    }
  }

  private mutating func name() -> String {
    var name = String.UnicodeScalarView()
    while let scalar = peek(), Self.isNameStart(scalar) || Self.isDigit(scalar) {
      name.append(scalar)
      position += 1
    }
    return String(name)
  }

  // MARK: Strings and names in quotes

  private mutating func quoted(_ what: String) throws(TextError) -> String {
    let start = position
    let quote = text[position]
    position += 1
    var content = String.UnicodeScalarView()
    while let scalar = peek(), scalar != "\n" {
      position += 1
      if scalar == quote {
        guard peek() == quote else { return String(content) }
        position += 1
        content.append(quote)
      } else if scalar == "\\" {
        content.append(contentsOf: try escape())
      } else {
        content.append(scalar)
      }
    }
    throw error(
      "the \(what) that begins here is not closed; write a line break inside it as \\n",
      start..<start + 1)
  }

  private mutating func escape() throws(TextError) -> [Unicode.Scalar] {
    let start = position - 1
    guard let scalar = peek(), scalar != "\n" else {
      throw error("nothing follows the backslash; write a backslash as \\\\", start..<position)
    }
    position += 1
    switch scalar {
    case "\\", "'", "\"", "`": return [scalar]
    case "0": return ["\0"]
    case "b": return ["\u{8}"]
    case "n": return ["\n"]
    case "r": return ["\r"]
    case "t": return ["\t"]
    case "Z": return ["\u{1A}"]
    case "%", "_": return ["\\", scalar]
    default:
      throw error(
        #"unknown escape; the escapes are \\ \0 \b \n \r \t \Z \' \" \` \% \_, and a backslash "#
          + #"is written \\"#, start..<position)
    }
  }

  // MARK: Numbers

  /// A sign directly before a number is part of the number.
  private func startsNumber() -> Bool {
    let sign = peek() == "+" || peek() == "-" ? 1 : 0
    return Self.isDigit(peek(sign)) || peek(sign) == "." && Self.isDigit(peek(sign + 1))
  }

  private mutating func digits() -> String {
    var digits = String.UnicodeScalarView()
    while let scalar = peek(), Self.isDigit(scalar) {
      digits.append(scalar)
      position += 1
    }
    return String(digits)
  }

  private mutating func number() throws(TextError) -> GQLToken {
    let start = position
    var number = ""
    if peek() == "+" || peek() == "-" {
      if peek() == "-" { number = "-" }
      position += 1
    }
    let whole = digits()
    var fraction: String?
    if peek() == "." {
      position += 1
      fraction = digits()
    }
    var exponent: String?
    if peek() == "e" || peek() == "E" {
      let signs = peek(1) == "+" || peek(1) == "-" ? 1 : 0
      if Self.isDigit(peek(1 + signs)) {
        let sign = peek(1) == "-" ? "-" : ""
        position += 1 + signs
        exponent = sign + digits()
      }
    }
    if let scalar = peek(), Self.isNameStart(scalar) {
      throw error(
        "a name cannot begin with a digit; put it in backquotes", start..<position + 1)
    }
    if fraction == nil, exponent == nil {
      guard let integer = try? NumberText.integer(number + whole) else {
        throw error(
          """
          the integer does not fit into 64 bits; write it as a double: \
          \(number)\(whole.prefix(20)).0
          """, start..<position)
      }
      return token(.integer(integer), from: start)
    }
    number += "\(whole.isEmpty ? "0" : whole).\(fraction.map { $0.isEmpty ? "0" : $0 } ?? "0")"
    do throws(NumberText.Problem) {
      let double = try NumberText.double(number + (exponent.map { "e" + $0 } ?? ""))
      return token(.double(double), from: start)
    } catch {
      throw self.error("\(error)", start..<position)
    }
  }

  // MARK: Bindings and signs

  private mutating func binding() throws(TextError) -> GQLToken {
    let start = position
    position += 1
    if let scalar = peek(), Self.isNameStart(scalar) {
      let name = name()
      return token(.namedBinding(name), from: start)
    }
    let digits = digits()
    guard let number = Int(digits), number > 0 else {
      throw error(
        "expected a name or a number of at least 1 after @, as in @city or @1", start..<position)
    }
    return token(.numberedBinding(number), from: start)
  }

  private mutating func symbol() throws(TextError) -> GQLToken {
    let start = position
    let first = String(Character(text[position]))
    if let second = peek(1) {
      let both = first + String(second)
      if let symbol = GQLToken.Symbol(rawValue: both) {
        position += 2
        return token(.symbol(symbol), from: start)
      }
      if let meant = ["==": "=", "<>": "!=", "&&": "AND", "||": "OR", "=>": ">=", "=<": "<="][both]
      {
        throw error("GQL has no operator \"\(both)\"", start..<start + 2, suggestion: meant)
      }
    }
    position += 1
    if let symbol = GQLToken.Symbol(rawValue: first) { return token(.symbol(symbol), from: start) }
    let hints = [
      "!": "!=", ";": "the end", "[": "ARRAY(…)", "{": "ARRAY(…)", "&": "AND", "|": "OR",
    ]
    throw error(
      "\(first.debugDescription) has no meaning here", start..<position, suggestion: hints[first])
  }
}
