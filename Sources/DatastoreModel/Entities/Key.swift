/// The name of an entity: a path of kinds and identifiers, in a namespace.
///
/// ```swift
/// let ann = Key("User", id: 7)
/// let note = Key("Note", name: "2026-11-23", parent: ann)
/// let fresh = Key(incomplete: "Note", parent: ann)  // `put` gives it an ID
/// ```
///
/// Two keys are equal when they agree byte for byte, as in the Datastore: unlike two `String`s, two
/// names that differ only in their Unicode normal form are different keys. Making a key checks
/// nothing; ``Limits`` says what a backend accepts, and `get`, `put` and `delete` check it.
public struct Key: Sendable {
  /// What tells apart two entities of one kind and one parent.
  public enum Identifier: Sendable {
    /// A number, not zero.
    case id(Int64)
    /// A text of 1 to 1,500 bytes of UTF-8.
    case name(String)
  }

  /// One step of a key's path. Only the last step of a path may have no identifier.
  public struct PathElement: Sendable {
    /// The kind, as the table's name in other databases.
    public var kind: String
    /// The ID or name; `nil` for a step that has none yet.
    public var identifier: Identifier?

    /// Makes a step of a path.
    public init(kind: String, identifier: Identifier? = nil) {
      self.kind = kind
      self.identifier = identifier
    }
  }

  /// The namespace; empty for the default one.
  public let namespace: String
  /// The steps from the oldest ancestor to the entity itself; never empty.
  public let path: [PathElement]

  /// For callers that have seen to it that `path` is not empty.
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

  /// Makes a key with a number as identifier.
  ///
  /// - Parameters:
  ///   - kind: The entity's kind.
  ///   - id: The number; 0 is refused when the key is used.
  ///   - parent: The key one step up, if any; it must be complete.
  ///   - namespace: The namespace of the key and all its ancestors; left out, the parent's, and the
  ///     default one without a parent.
  public init(_ kind: String, id: Int64, parent: Key? = nil, namespace: String? = nil) {
    self.init(kind, .id(id), parent: parent, namespace: namespace)
  }

  /// Makes a key with a text as identifier.
  ///
  /// - Parameters:
  ///   - kind: The entity's kind.
  ///   - name: The text, 1 to 1,500 bytes of UTF-8.
  ///   - parent: The key one step up, if any; it must be complete.
  ///   - namespace: The namespace of the key and all its ancestors; left out, the parent's, and the
  ///     default one without a parent.
  public init(_ kind: String, name: String, parent: Key? = nil, namespace: String? = nil) {
    self.init(kind, .name(name), parent: parent, namespace: namespace)
  }

  /// Makes a key that has no identifier yet: `put` resolves to the completed key.
  ///
  /// - Parameters:
  ///   - kind: The entity's kind.
  ///   - parent: The key one step up, if any; it must be complete.
  ///   - namespace: The namespace of the key and all its ancestors; left out, the parent's, and the
  ///     default one without a parent.
  public init(incomplete kind: String, parent: Key? = nil, namespace: String? = nil) {
    self.init(kind, nil, parent: parent, namespace: namespace)
  }

  /// Makes a key of a whole path, for backends and importers that read keys from elsewhere.
  ///
  /// - Parameters:
  ///   - path: The steps from the oldest ancestor on; at least one.
  ///   - namespace: The namespace; empty for the default one.
  /// - Throws: ``DatastoreError`` with `invalidArgument` if the path is empty or a step before the
  ///   last has no identifier.
  public init(path: [PathElement], namespace: String = "") throws(DatastoreError) {
    guard !path.isEmpty else {
      throw DatastoreError(
        .invalidArgument, "A key's path is empty. Give it at least one step with a kind.")
    }
    self.init(uncheckedPath: path, namespace: namespace)
    if let step = path.dropLast().first(where: { $0.identifier == nil }) {
      throw DatastoreError(
        .invalidArgument,
        """
        The ancestor of kind "\(step.kind)" has no ID or name; only the last step may have none.
        """, key: self)
    }
  }
}

extension Key {
  private var last: PathElement { path[path.endIndex - 1] }

  /// The entity's kind: the kind of the last step.
  public var kind: String { last.kind }

  /// The identifier of the last step; `nil` for an incomplete key.
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

  /// The key one step up; `nil` for a root.
  public var parent: Key? {
    path.count == 1 ? nil : Key(uncheckedPath: path.dropLast(), namespace: namespace)
  }

  /// The oldest ancestor, or the key itself if it has no parent.
  public var root: Key {
    path.count == 1 ? self : Key(uncheckedPath: [path[0]], namespace: namespace)
  }

  /// This key with a number in place of the last step's identifier.
  public func completed(id: Int64) -> Key {
    var path = path
    path[path.endIndex - 1].identifier = .id(id)
    return Key(uncheckedPath: path, namespace: namespace)
  }
}
