// SPDX-License-Identifier: Apache-2.0
/// The name of an entity: a path of kinds and identifiers, in a namespace.
///
/// ```swift
/// let ann = Key("User", id: 7)
/// let note = Key("Note", name: "2026-11-23", parent: ann)
/// let fresh = Key(incomplete: "Note", parent: ann)  // `put` gives it an ID
/// ```
///
/// Keys are compared byte for byte, as in the Datastore. Names that differ only in their Unicode
/// normal form make different keys, unlike `String`s. Making a key checks nothing. ``Limits`` says
/// what a backend accepts, and `get`, `put` and `delete` check it.
public struct Key: Sendable {
  /// The ID or name that identifies an entity among those of its kind and parent.
  public enum Identifier: Sendable {
    /// A number other than 0.
    case id(Int64)
    /// A text of 1 to 1,500 bytes of UTF-8.
    case name(String)
  }

  /// One step of a key's path. Only the last step of a path may have no identifier.
  public struct PathElement: Sendable {
    /// The kind, like the name of a table in other databases.
    public var kind: String
    /// The ID or name. `nil` for a step without one.
    public var identifier: Identifier?

    /// Makes a step of a path.
    public init(kind: String, identifier: Identifier? = nil) {
      self.kind = kind
      self.identifier = identifier
    }
  }

  /// The namespace; empty for the default one.
  public let namespace: String
  /// The steps, from the oldest ancestor to the entity itself. Never empty.
  public let path: [PathElement]

  /// Makes a key without checks. `path` must not be empty.
  package init(uncheckedPath path: [PathElement], namespace: String) {
    self.path = path
    self.namespace = namespace
  }

  private init(
    _ kind: String, _ identifier: Identifier?, parent: Key?, namespace: String?
  ) {
    let last = PathElement(kind: kind, identifier: identifier)
    self.init(
      uncheckedPath: parent.map { $0.path + [last] } ?? [last],
      namespace: namespace ?? parent?.namespace ?? "")
  }

  /// Makes a key with a number.
  ///
  /// - Parameters:
  ///   - kind: The entity's kind.
  ///   - id: The number. 0 is refused when the key is used.
  ///   - parent: The parent's key, if any. It must be complete.
  ///   - namespace: The namespace of the key and its ancestors. Default: the parent's, or the
  ///     default namespace.
  public init(_ kind: String, id: Int64, parent: Key? = nil, namespace: String? = nil) {
    self.init(kind, .id(id), parent: parent, namespace: namespace)
  }

  /// Makes a key with a name.
  ///
  /// - Parameters:
  ///   - kind: The entity's kind.
  ///   - name: The name, 1 to 1,500 bytes of UTF-8.
  ///   - parent: The parent's key, if any. It must be complete.
  ///   - namespace: The namespace of the key and its ancestors. Default: the parent's, or the
  ///     default namespace.
  public init(_ kind: String, name: String, parent: Key? = nil, namespace: String? = nil) {
    self.init(kind, .name(name), parent: parent, namespace: namespace)
  }

  /// Makes a key without an identifier. `put` gives it an ID and returns the completed key.
  ///
  /// - Parameters:
  ///   - kind: The entity's kind.
  ///   - parent: The parent's key, if any. It must be complete.
  ///   - namespace: The namespace of the key and its ancestors. Default: the parent's, or the
  ///     default namespace.
  public init(incomplete kind: String, parent: Key? = nil, namespace: String? = nil) {
    self.init(kind, nil, parent: parent, namespace: namespace)
  }

  /// Makes a key from a whole path, for backends and importers.
  ///
  /// - Parameters:
  ///   - path: The steps, from the oldest ancestor on. At least one.
  ///   - namespace: The namespace; empty for the default one.
  /// - Throws: ``DatastoreError`` with `invalidArgument` if the path is empty or a step before the
  ///   last has no identifier.
  public init(path: [PathElement], namespace: String = "") throws(DatastoreError) {
    guard !path.isEmpty else {
      throw DatastoreError(
        .invalidArgument, "The key's path is empty. Give it at least one step with a kind.")
    }
    self.init(uncheckedPath: path, namespace: namespace)
    if let step = path.dropLast().first(where: { $0.identifier == nil }) {
      throw DatastoreError(
        .invalidArgument,
        """
        The ancestor of kind "\(step.kind.clipped())" has no ID or name. Give it one; only the \
        last step may have none.
        """, key: self)
    }
  }
}

extension Key {
  private var last: PathElement { path[path.endIndex - 1] }

  /// The entity's kind: the kind of the last step.
  public var kind: String { last.kind }

  /// The identifier of the last step. `nil` for an incomplete key.
  public var identifier: Identifier? { last.identifier }

  /// The number of the last step, if it has one.
  public var id: Int64? {
    if case .id(let id)? = last.identifier { id } else { nil }
  }

  /// The name of the last step, if it has one.
  public var name: String? {
    if case .name(let name)? = last.identifier { name } else { nil }
  }

  /// Whether the last step has an identifier.
  public var isComplete: Bool { last.identifier != nil }

  /// The parent's key. `nil` for a root.
  public var parent: Key? {
    path.count == 1 ? nil : Key(uncheckedPath: path.dropLast(), namespace: namespace)
  }

  /// The oldest ancestor, or the key itself if it has no parent.
  public var root: Key {
    path.count == 1 ? self : Key(uncheckedPath: [path[0]], namespace: namespace)
  }

  /// A copy of this key with this ID in its last step.
  public func completed(id: Int64) -> Key {
    var path = path
    path[path.endIndex - 1].identifier = .id(id)
    return Key(uncheckedPath: path, namespace: namespace)
  }
}
