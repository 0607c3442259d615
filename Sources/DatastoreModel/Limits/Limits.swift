/// What the Datastore API accepts, checked without any I/O before something is sent.
///
/// `get`, `put` and `delete` check by themselves: a violation fails that one future, and the batch
/// it would have travelled in never hears of it. Call these functions to find out earlier, in a
/// form for instance. Figures are Google's; every backend keeps to them, so that data can move.
public enum Limits {
  /// Bytes of a whole entity as ``Entity/storageSize`` counts them: 1 MiB less 4.
  public static let entityBytes = 1_048_572
  /// Bytes of an indexed text (UTF-8) or of indexed bytes.
  public static let indexedValueBytes = 1_500
  /// Bytes of an unindexed text (UTF-8) or of unindexed bytes: 1 MiB less 89.
  public static let unindexedValueBytes = 1_048_487
  /// Bytes of UTF-8 of a kind, of a key's name, or of a property's name; none may be empty.
  public static let nameBytes = 1_500
  /// Bytes of a key as ``Key/storageSize`` counts them.
  public static let keyBytes = 6 * 1_024
  /// Steps of a key's path.
  public static let pathElements = 100
  /// Characters of a namespace: letters and digits of ASCII, `.`, `_` and `-`.
  public static let namespaceBytes = 100
  /// Entities inside entities; a property of the outermost one that holds an entity is the first.
  public static let nestingDepth = 20
  /// Indexed values of one entity: each element of an array and each value of a nested entity
  /// counts.
  public static let indexedValues = 20_000
  /// Keys of one lookup.
  public static let lookupKeys = 1_000
  /// Mutations of one commit.
  public static let commitMutations = 500
  /// Aggregations of one request.
  public static let aggregations = 5
  /// Bytes of one request.
  public static let requestBytes = 10 * 1_024 * 1_024

  /// Checks what `get` is given: a complete key within the limits.
  ///
  /// Reserved kinds such as `__kind__` may be read, so they pass here.
  ///
  /// - Returns: The key's size in bytes.
  /// - Throws: ``DatastoreError`` with `invalidArgument` that names the key, the limit, what was
  ///   found and what to do.
  @discardableResult
  public static func check(lookup key: Key) throws(DatastoreError) -> Int {
    do {
      try requireComplete(key, "read")
      return try size(ofValid: key, writing: false)
    } catch {
      throw error.error(key: key)
    }
  }

  /// Checks what `put` and `delete` are given: key, properties and size.
  ///
  /// - Returns: The bytes the mutation adds to a request, about: the size of the entity, or of the
  ///   key of a deletion.
  /// - Throws: ``DatastoreError`` with `invalidArgument` that names the key, the property, the
  ///   limit, what was found and what to do.
  @discardableResult
  public static func check(_ mutation: Mutation) throws(DatastoreError) -> Int {
    do {
      switch mutation {
      case .insert(let entity), .upsert(let entity):
        return try size(ofValid: entity)
      case .update(let entity):
        if let key = entity.key { try requireComplete(key, "update") }
        return try size(ofValid: entity)
      case .delete(let key):
        try requireComplete(key, "delete")
        return try size(ofValid: key, writing: true)
      }
    } catch {
      throw error.error(key: mutation.key)
    }
  }

  private static func requireComplete(_ key: Key, _ verb: String) throws(Violation) {
    guard key.isComplete else {
      throw Violation(
        """
        The key is incomplete: its last step has no ID or name, so there is nothing to \(verb). \
        Use the key that the future of `put` gave.
        """)
    }
  }
}

extension Limits {
  /// A broken rule; the path of the property is put together on the way out, so that the check of
  /// good entities pays nothing for it.
  package struct Violation: Error {
    package var message: String
    var property: String?

    init(_ message: String) { self.message = message }

    /// The violation as seen from one property further out.
    func inside(_ step: String) -> Violation {
      var outer = self
      outer.property =
        switch property {
        case nil: step
        case let inner? where inner.hasPrefix("["): step + inner
        case let inner?: "\(step).\(inner)"
        }
      return outer
    }

    func error(key: Key?) -> DatastoreError {
      DatastoreError(.invalidArgument, message, key: key, property: property)
    }
  }

  /// A number with its thousands apart, as the messages print it.
  package static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// Whether a name is of the form `__.*__`, which the Datastore keeps for itself.
  package static func isReserved(_ name: String) -> Bool {
    let bytes = name.utf8
    return bytes.count >= 4 && bytes.starts(with: "__".utf8)
      && bytes.suffix(2).elementsEqual("__".utf8)
  }
}
