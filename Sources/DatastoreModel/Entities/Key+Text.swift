// SPDX-License-Identifier: Apache-2.0
/// The longest name shown in full, in bytes. It is the longest that a key may have.
private let maxShownBytes = 1_500

/// A name as descriptions show it. The rest of a message would be hard to find after a longer name.
private func shown(_ name: String) -> String {
  name.utf8.count <= maxShownBytes ? name : name.clipped(60)
}

extension Key.Identifier: CustomStringConvertible {
  /// The number, or the name in quotes. A name too long for a key is cut.
  public var description: String {
    switch self {
    case .id(let id): String(id)
    case .name(let name): shown(name).debugDescription
    }
  }
}

extension Key.PathElement: CustomStringConvertible {
  /// Kind and identifier, such as `User/7`, or `User/?` without an identifier.
  public var description: String { "\(shown(kind))/\(identifier?.description ?? "?")" }
}

extension Key: CustomStringConvertible {
  /// The path, and the namespace unless it is the default: `Key(Group/"staff"/User/7)`.
  public var description: String {
    var text = "Key("
    for (index, element) in path.enumerated() {
      if index > 0 { text += "/" }
      text += element.description
    }
    if !namespace.isEmpty { text += ", namespace: \(namespace.debugDescription)" }
    return text + ")"
  }
}

extension Key.PathElement: Codable {
  private enum CodingKeys: String, CodingKey {
    case kind, id, name
  }

  /// Reads `kind`, and `id` or `name` if it is present.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    kind = try container.decode(String.self, forKey: .kind)
    if let id = try container.decodeIfPresent(Int64.self, forKey: .id) {
      identifier = .id(id)
    } else {
      identifier = try container.decodeIfPresent(String.self, forKey: .name).map { .name($0) }
    }
  }

  /// Writes `kind`, and `id` or `name` if there is an identifier.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    switch identifier {
    case .id(let id): try container.encode(id, forKey: .id)
    case .name(let name): try container.encode(name, forKey: .name)
    case nil: break
    }
  }
}

/// The form of a key in other formats, such as JSON. `EntityEncoder` stores keys as keys.
extension Key: Codable {
  private enum CodingKeys: String, CodingKey {
    case namespace, path
  }

  /// Reads `path`, and `namespace` if it is present.
  ///
  /// - Throws: `DecodingError`, or ``DatastoreError`` for an invalid path.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      path: container.decode([PathElement].self, forKey: .path),
      namespace: container.decodeIfPresent(String.self, forKey: .namespace) ?? "")
  }

  /// Writes `path`, and `namespace` unless it is the default.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if !namespace.isEmpty { try container.encode(namespace, forKey: .namespace) }
    try container.encode(path, forKey: .path)
  }
}
