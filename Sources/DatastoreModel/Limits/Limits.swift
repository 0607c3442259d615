// SPDX-License-Identifier: Apache-2.0
/// The limits of the Datastore API, checked without I/O before anything is sent.
///
/// `get`, `put` and `delete` check them. A violation fails only that future and does not affect its
/// batch. Call these functions to check earlier, for example in a form. The numbers are Google's.
/// Every backend keeps them, so that data can be moved.
public enum Limits {
  /// Bytes of an entity as ``Entity/storageSize`` counts them: 1 MiB minus 4.
  public static let entityBytes = 1_048_572
  /// Bytes of an indexed string (UTF-8) or of indexed bytes.
  public static let indexedValueBytes = 1_500
  /// Bytes of an unindexed string (UTF-8) or of unindexed bytes: 1 MiB minus 89.
  public static let unindexedValueBytes = 1_048_487
  /// Bytes of UTF-8 of a kind, a key's name, or a property's name. None may be empty.
  public static let nameBytes = 1_500
  /// Bytes of a key as ``Key/storageSize`` counts them.
  public static let keyBytes = 6 * 1_024
  /// Steps of a key's path.
  public static let pathElements = 100
  /// Characters of a namespace: letters and digits of ASCII, `.`, `_` and `-`.
  public static let namespaceBytes = 100
  /// Levels of entities inside entities. An entity in a property of the outermost one is level 1.
  public static let nestingDepth = 20
  /// Indexed values of one entity. Each element of an array and each value of a nested entity
  /// counts.
  public static let indexedValues = 20_000
  /// Keys of one lookup.
  public static let lookupKeys = 1_000
  /// Mutations of one commit.
  public static let commitMutations = 500
  /// Mutations that the backends of this package accept in one commit. Clients of the Datastore API
  /// may send more than this package does.
  public static let acceptedMutations = 100_000
  /// Aggregations of one request.
  public static let aggregations = 5
  /// Bytes of one request.
  public static let requestBytes = 10 * 1_024 * 1_024

  /// Checks the key of a lookup: it must be complete and within the limits.
  ///
  /// Reserved kinds such as `__kind__` may be read, so they are accepted.
  ///
  /// - Returns: The key's size in bytes.
  /// - Throws: ``DatastoreError`` with `invalidArgument`. It names the key, the limit, the value
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

  /// Checks the key, the properties and the size of a mutation.
  ///
  /// - Returns: About how many bytes the mutation adds to a request: the size of the entity, or of
  ///   the key of a deletion.
  /// - Throws: ``DatastoreError`` with `invalidArgument`. It names the key, the property, the
  ///   limit, the value found and what to do.
  @discardableResult
  public static func check(_ mutation: Mutation) throws(DatastoreError) -> Int {
    var total = 0
    for earlier in mutation.earlier { total += try check(earlier) }
    do {
      try checkStrategy(of: mutation)
      let rest = try total + (mutation.dependsOnStoredEntity ? size(ofChanges: mutation) : 0)
      switch mutation.operation {
      case .insert(let entity), .upsert(let entity):
        return try size(ofValid: entity) + rest
      case .update(let entity):
        if let key = entity.key { try requireComplete(key, "update") }
        return try size(ofValid: entity) + rest
      case .delete(let key):
        try requireComplete(key, "delete")
        return try size(ofValid: key, writing: true) + total
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
        Use the complete key of a stored entity.
        """)
    }
  }
}

extension Limits {
  /// A broken rule. The path of the property is assembled as the error propagates, so that valid
  /// entities cost nothing.
  package struct Violation: Error {
    package var message: String
    var property: String?

    init(_ message: String) { self.message = message }

    /// The violation with one more step in front of its path.
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

  /// A number with separated thousands, as messages show it.
  package static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// Whether a name has the form `__.*__`, which is reserved for the Datastore.
  package static func isReserved(_ name: String) -> Bool {
    let bytes = name.utf8
    return bytes.count >= 4 && bytes.starts(with: "__".utf8)
      && bytes.suffix(2).elementsEqual("__".utf8)
  }
}
