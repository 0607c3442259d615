// SPDX-License-Identifier: Apache-2.0
/// A key as a text that is safe in URLs, in the form of NDB and App Engine.
///
/// ```swift
/// let link = URLSafeKey(key, project: "shop").text                         // key.urlsafe()
/// let legacy = URLSafeKey(key, project: "shop", locationPrefix: "s~").text // to_legacy_urlsafe
/// let same = try URLSafeKey(text: link).key                                // Key(urlsafe=link)
/// ```
///
/// The text is that of google-cloud-ndb, byte for byte. It is not a secret: everyone can read the
/// key from it, and write another one. So check what a user may see or change.
public struct URLSafeKey: Sendable, Hashable {
  /// The key.
  public var key: Key
  /// The project, such as `example`.
  public var project: String
  /// What App Engine puts before the project, such as `s~`. Empty for `urlsafe()` of NDB.
  public var locationPrefix: String
  /// The name of the database. Empty for the default one.
  public var database: String

  /// Makes a reference to a key.
  public init(_ key: Key, project: String, locationPrefix: String = "", database: String = "") {
    self.key = key
    self.project = project
    self.locationPrefix = locationPrefix
    self.database = database
  }

  /// The text: Base64 for URLs, without padding.
  public var text: String {
    var message = ReferenceWriter()
    message.append(13, locationPrefix + project)
    message.append(14, path: key.path)
    if !key.namespace.isEmpty { message.append(20, key.namespace) }
    if !database.isEmpty { message.append(23, database) }
    return Base64URL.encode(message.bytes)
  }

  /// Reads a text of NDB or App Engine, with or without padding.
  ///
  /// - Throws: ``DatastoreError`` with `invalidArgument` for a text that is no key.
  public init(text: String) throws(DatastoreError) {
    var characters = Substring(text).utf8
    while characters.last == UInt8(ascii: "=") { characters.removeLast() }
    guard let bytes = Base64URL.decode(String(Substring(characters))),
      let reference = ReferenceReader.read(bytes), !reference.project.isEmpty,
      let key = try? Key(path: reference.path, namespace: reference.namespace)
    else {
      throw DatastoreError(
        .invalidArgument,
        "The text is no key of NDB or App Engine. Pass what `urlsafe()` has returned.")
    }
    self.key = key
    database = reference.database
    let parts = reference.project.split(
      separator: "~", maxSplits: 1, omittingEmptySubsequences: false)
    project = String(parts[parts.count - 1])
    locationPrefix = parts.count == 1 ? "" : "\(parts[0])~"
  }
}

/// Writes the fields of App Engine's message `Reference`.
private struct ReferenceWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ field: UInt64, _ text: String) {
    append(number: field << 3 | 2)
    append(number: UInt64(text.utf8.count))
    bytes += text.utf8
  }

  mutating func append(_ field: UInt64, path: [Key.PathElement]) {
    var inner = ReferenceWriter()
    for step in path {
      inner.append(number: 1 << 3 | 3)
      inner.append(2, step.kind)
      switch step.identifier {
      case .id(let id):
        inner.append(number: 3 << 3)
        inner.append(number: UInt64(bitPattern: id))
      case .name(let name): inner.append(4, name)
      case nil: break
      }
      inner.append(number: 1 << 3 | 4)
    }
    append(number: field << 3 | 2)
    append(number: UInt64(inner.bytes.count))
    bytes += inner.bytes
  }

  private mutating func append(number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// Reads the fields of App Engine's message `Reference`. Unknown fields are passed over.
private struct ReferenceReader {
  struct Reference {
    var project = ""
    var path: [Key.PathElement] = []
    var namespace = ""
    var database = ""
  }

  private var rest: ArraySlice<UInt8>

  static func read(_ bytes: [UInt8]) -> Reference? {
    var reader = ReferenceReader(rest: bytes[...])
    var reference = Reference()
    while !reader.rest.isEmpty {
      guard let tag = reader.number() else { return nil }
      switch tag {
      case 13 << 3 | 2:
        guard let text = reader.text() else { return nil }
        reference.project = text
      case 14 << 3 | 2:
        guard let bytes = reader.counted() else { return nil }
        var inner = ReferenceReader(rest: bytes)
        guard let path = inner.path() else { return nil }
        reference.path += path
      case 20 << 3 | 2:
        guard let text = reader.text() else { return nil }
        reference.namespace = text
      case 23 << 3 | 2:
        guard let text = reader.text() else { return nil }
        reference.database = text
      default: if !reader.skip(tag, depth: 0) { return nil }
      }
    }
    return reference
  }

  private mutating func path() -> [Key.PathElement]? {
    var path: [Key.PathElement] = []
    while !rest.isEmpty {
      guard let tag = number() else { return nil }
      if tag == 1 << 3 | 3 {
        guard let step = step() else { return nil }
        path.append(step)
      } else if !skip(tag, depth: 0) {
        return nil
      }
    }
    return path
  }

  private mutating func step() -> Key.PathElement? {
    var kind: String?
    var identifier: Key.Identifier?
    while let tag = number() {
      switch tag {
      case 1 << 3 | 4: return kind.map { Key.PathElement(kind: $0, identifier: identifier) }
      case 2 << 3 | 2:
        guard let text = text() else { return nil }
        kind = text
      case 3 << 3:
        guard let id = number() else { return nil }
        identifier = .id(Int64(bitPattern: id))
      case 4 << 3 | 2:
        guard let text = text() else { return nil }
        identifier = .name(text)
      default: if !skip(tag, depth: 0) { return nil }
      }
    }
    return nil
  }

  private mutating func number() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 70, by: 7) {
      guard let byte = rest.popFirst(), shift < 63 || byte <= 1 else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  private mutating func counted() -> ArraySlice<UInt8>? {
    guard let count = number(), count <= UInt64(rest.count) else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }

  private mutating func text() -> String? {
    counted().flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// Passes over a field. `false` if it does not end.
  private mutating func skip(_ tag: UInt64, depth: Int) -> Bool {
    switch tag & 7 {
    case 0: return number() != nil
    case 1, 5:
      let count = tag & 7 == 1 ? 8 : 4
      guard rest.count >= count else { return false }
      rest = rest.dropFirst(count)
      return true
    case 2: return counted() != nil
    case 3:
      guard depth < 8 else { return false }
      while let inner = number() {
        if inner == tag + 1 { return true }
        if !skip(inner, depth: depth + 1) { return false }
      }
      return false
    default: return false
    }
  }
}
