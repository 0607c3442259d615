// SPDX-License-Identifier: Apache-2.0
extension Key {
  /// Reads a key as people write it: `Group/staff/User/7`.
  ///
  /// Kinds alternate with IDs and names. A number is an ID, `?` is a missing ID, and anything else
  /// is a name. Put a name in double quotes, as in Swift, if it has a slash or a space, or only
  /// digits. A namespace comes first, with a colon: `archive:User/7`. The form of `description` is
  /// accepted too.
  package init(text: String) throws(TextError) {
    var reader = KeyTextReader(text)
    self = try reader.key()
  }

  /// The shortest text that ``init(text:)`` reads as this key.
  package var text: String {
    let steps = path.map { step in
      let identifier =
        switch step.identifier {
        case .id(let id)?: "\(id)"
        case .name(let name)?: KeyTextReader.written(name, isName: true)
        case nil: "?"
        }
      return "\(KeyTextReader.written(step.kind, isName: false))/\(identifier)"
    }
    return (namespace.isEmpty ? "" : "\(KeyTextReader.written(namespace, isName: false)):")
      + steps.joined(separator: "/")
  }
}

private struct KeyTextReader {
  private let text: [Unicode.Scalar]
  private var position = 0
  /// Whether the text has the form `Key(…)`, in which a comma or a parenthesis ends a part.
  private var isDescription = false

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  static func written(_ part: String, isName: Bool) -> String {
    let isPlain = part.utf8.allSatisfy {
      48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == 95 || $0 == 45 || $0 == 46
    }
    // "-5" would be an ID.
    let isNumber = part.utf8.first.map { 48...57 ~= $0 || $0 == 45 } ?? true
    return isPlain && !(isName && isNumber) && !part.isEmpty ? part : part.debugDescription
  }

  private func error(_ message: String, _ range: Range<Int>? = nil) -> TextError {
    TextError("in the key: \(message)", at: range ?? position..<position + 1, of: text)
  }

  private var current: Unicode.Scalar? { position < text.count ? text[position] : nil }

  private mutating func accept(_ word: String) -> Bool {
    let scalars = Array(word.unicodeScalars)
    guard text[position...].starts(with: scalars) else { return false }
    position += scalars.count
    return true
  }

  mutating func key() throws(TextError) -> Key {
    isDescription = accept("Key(")
    var namespace = ""
    var path: [Key.PathElement] = []
    repeat {
      if path.last.map({ $0.identifier == nil }) ?? false {
        throw error("only the last step may lack an ID or a name")
      }
      var (kind, _) = try part("a kind", endingAtColon: path.isEmpty)
      if path.isEmpty, !isDescription, accept(":") {
        namespace = kind
        (kind, _) = try part("a kind", endingAtColon: false)
      }
      guard accept("/") else {
        throw error("expected \"/\" and an ID or a name: User/7, User/Ann, or User/? for a new ID")
      }
      let start = position
      let (name, isQuoted) = try part("an ID or a name", endingAtColon: false)
      path.append(
        Key.PathElement(
          kind: kind, identifier: try identifier(name, isQuoted, start..<position)))
    } while accept("/")
    if isDescription {
      if accept(", namespace: ") { namespace = try quoted() }
      guard accept(")") else { throw error("expected \")\"") }
    }
    guard position == text.count else { throw error("expected \"/\" or the end") }
    return Key(uncheckedPath: path, namespace: namespace)
  }

  private func identifier(
    _ name: String, _ isQuoted: Bool, _ range: Range<Int>
  ) throws(TextError) -> Key.Identifier? {
    if isQuoted { return .name(name) }
    if name == "?" { return nil }
    let digits = name.first == "-" ? name.dropFirst() : name[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ 48...57 ~= $0 }) else { return .name(name) }
    guard let id = Int64(name), id != 0 else {
      throw error(
        "an ID is an integer of 64 bits other than 0; put a name of digits in double quotes", range)
    }
    return .id(id)
  }

  private mutating func part(
    _ what: String, endingAtColon: Bool
  ) throws(TextError) -> (text: String, isQuoted: Bool) {
    if current == "\"" {
      let text = try quoted()
      if text.isEmpty { throw error("expected \(what), and found nothing in the quotes") }
      return (text, true)
    }
    var part = String.UnicodeScalarView()
    while let scalar = current, scalar != "/", !(endingAtColon && scalar == ":"),
      !(isDescription && (scalar == "," || scalar == ")"))
    {
      guard scalar.value > 0x20, scalar != "\"" else {
        throw error("put a part with spaces or quotes in double quotes")
      }
      part.append(scalar)
      position += 1
    }
    if part.isEmpty { throw error("expected \(what)") }
    return (String(part), false)
  }

  private mutating func quoted() throws(TextError) -> String {
    let start = position
    guard accept("\"") else { throw error("expected a text in double quotes") }
    var content = String.UnicodeScalarView()
    while let scalar = current {
      position += 1
      if scalar == "\"" { return String(content) }
      content.append(scalar == "\\" ? try escape() : scalar)
    }
    throw error("the quote is not closed", start..<start + 1)
  }

  private mutating func escape() throws(TextError) -> Unicode.Scalar {
    let start = position - 1
    let escapes: [(String, Unicode.Scalar)] = [
      ("\"", "\""), ("\\", "\\"), ("'", "'"), ("n", "\n"), ("r", "\r"), ("t", "\t"), ("0", "\0"),
    ]
    for (letter, scalar) in escapes where accept(letter) { return scalar }
    if accept("u{") {
      var digits = ""
      while let scalar = current, scalar != "}", digits.utf8.count < 8 {
        digits.unicodeScalars.append(scalar)
        position += 1
      }
      if accept("}"), let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) {
        return scalar
      }
    }
    throw error(#"unknown escape; the escapes are \" \\ \n \r \t \0 \u{…}"#, start..<position)
  }
}
