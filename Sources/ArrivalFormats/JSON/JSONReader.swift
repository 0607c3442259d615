// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

/// Reads a JSON text (RFC 8259) with at most ``maxDepth`` levels.
package struct JSONReader {
  package static let maxDepth = 100

  private let bytes: [UInt8]
  private var position = 0

  /// Reads `bytes` as one JSON text.
  package static func read(_ bytes: [UInt8]) throws(JSONProblem) -> JSONNode {
    var reader = JSONReader(bytes: bytes)
    let node = try reader.value(depth: 0)
    reader.skipSpace()
    if reader.position < bytes.count { throw reader.problem("expected the end of the text") }
    return node
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func problem(_ message: String) -> JSONProblem {
    JSONProblem(message, column: position + 1)
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || 0x09...0x0A ~= byte || byte == 0x0D { position += 1 }
  }

  private mutating func accept(_ byte: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONProblem) -> JSONNode {
    guard depth < Self.maxDepth else {
      throw problem("the JSON is more than \(Self.maxDepth) levels deep")
    }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case let byte? where byte == UInt8(ascii: "-") || 48...57 ~= byte: return try number()
    default: break
    }
    for (word, node) in [
      ("null", JSONNode.null), ("true", .boolean(true)), ("false", .boolean(false)),
    ]
    where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return node
    }
    throw problem("expected a JSON value")
  }

  private mutating func object(_ depth: Int) throws(JSONProblem) -> JSONNode {
    position += 1
    var members: [JSONNode.Member] = []
    var names: Set<ExactText> = []
    skipSpace()
    if accept("}") { return .object([]) }
    repeat {
      skipSpace()
      let start = position
      guard current == UInt8(ascii: "\"") else { throw problem("expected a name in quotes") }
      let name = try string()
      guard names.insert(ExactText(name)).inserted else {
        position = start
        throw problem("the object has two members named \(name.debugDescription)")
      }
      skipSpace()
      guard accept(":") else { throw problem("expected \":\"") }
      members.append(JSONNode.Member(name, try value(depth: depth + 1)))
      skipSpace()
    } while accept(",")
    guard accept("}") else { throw problem("expected \",\" or \"}\"") }
    return .object(members)
  }

  private mutating func array(_ depth: Int) throws(JSONProblem) -> JSONNode {
    position += 1
    var elements: [JSONNode] = []
    skipSpace()
    if accept("]") { return .array([]) }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while accept(",")
    guard accept("]") else { throw problem("expected \",\" or \"]\"") }
    return .array(elements)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = current, 48...57 ~= byte { position += 1 }
    return position - start
  }

  private mutating func number() throws(JSONProblem) -> JSONNode {
    let start = position
    _ = accept("-")
    let startsWithZero = current == UInt8(ascii: "0")
    let whole = skipDigits()
    guard whole > 0, whole == 1 || !startsWithZero else {
      throw problem("this is not a JSON number")
    }
    var isInteger = true
    if accept(".") {
      isInteger = false
      guard skipDigits() > 0 else { throw problem("expected a digit") }
    }
    if accept("e") || accept("E") {
      isInteger = false
      if !accept("+") { _ = accept("-") }
      guard skipDigits() > 0 else { throw problem("expected a digit") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    do throws(NumberText.Problem) {
      return isInteger
        ? .integer(try NumberText.integer(text)) : .double(try NumberText.double(text))
    } catch {
      position = start
      throw JSONProblem("\(error)", column: start + 1, isNumber: true)
    }
  }

  // MARK: Strings

  private mutating func string() throws(JSONProblem) -> String {
    position += 1
    let start = position
    // Most strings have no escapes and are copied at once.
    while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    var content = Array(bytes[start..<position])
    while let byte = current, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else {
        throw problem("a string has a control character; write it as \\u00…")
      }
      if byte == UInt8(ascii: "\\") {
        content.append(contentsOf: String(Character(try escape())).utf8)
      } else {
        content.append(byte)
        position += 1
      }
    }
    guard accept("\"") else {
      position = start - 1
      throw problem("the string is not closed")
    }
    guard let text = String(validating: content, as: UTF8.self) else {
      position = start
      throw problem("the string is not valid UTF-8")
    }
    return text
  }

  private mutating func escape() throws(JSONProblem) -> Unicode.Scalar {
    position += 1
    let escapes: [(Unicode.Scalar, Unicode.Scalar)] = [
      ("\"", "\""), ("\\", "\\"), ("/", "/"), ("b", "\u{8}"), ("f", "\u{C}"), ("n", "\n"),
      ("r", "\r"), ("t", "\t"),
    ]
    for (letter, scalar) in escapes where accept(letter) { return scalar }
    guard accept("u") else { throw problem("this is not an escape of JSON") }
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if 0xD800..<0xDC00 ~= first, accept("\\"), accept("u") {
      let second = try hexadecimal()
      if 0xDC00..<0xE000 ~= second,
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      {
        return scalar
      }
    }
    throw problem("the surrogate has no other half; write both halves of the pair")
  }

  private mutating func hexadecimal() throws(JSONProblem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw problem("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
