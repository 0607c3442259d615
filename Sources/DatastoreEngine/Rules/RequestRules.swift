public import DatastoreModel

/// The rules of requests that need no look at any entity. Those of queries are at
/// `QueryRequest.check()`.
///
/// A `Datastore` keeps these rules. A backend checks them as well, because other code may call it.
///
/// Unstable: these functions may change in any minor release.
public enum RequestRules {
  /// Checks a lookup: up to 1,000 complete keys.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public static func check(lookup keys: [Key]) throws(DatastoreError) {
    try check(keys.count, atMost: Limits.lookupKeys, "lookup", "keys")
    for key in keys { try Limits.check(lookup: key) }
  }

  /// Checks a commit: up to 500 mutations within the limits, no two of one key.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public static func check(commit mutations: [Mutation]) throws(DatastoreError) {
    try check(mutations.count, atMost: Limits.commitMutations, "commit", "mutations")
    var keys: Set<Key> = []
    for mutation in mutations {
      try Limits.check(mutation)
      guard let key = mutation.key, key.isComplete, !keys.insert(key).inserted else { continue }
      throw DatastoreError(
        .invalidArgument,
        "A commit has two mutations of this key. Send the second in a later one.", key: key)
    }
  }

  /// Checks what IDs are asked for: up to 500 incomplete keys.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public static func check(allocation keys: [Key]) throws(DatastoreError) {
    try check(keys.count, atMost: Limits.commitMutations, "request for IDs", "keys")
    guard let complete = keys.first(where: \.isComplete) else { return }
    throw DatastoreError(
      .invalidArgument, "The key has an ID or a name already. Ask for IDs of incomplete keys.",
      key: complete)
  }

  /// Checks what IDs are reserved: up to 500 complete keys.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public static func check(reservation keys: [Key]) throws(DatastoreError) {
    try check(keys.count, atMost: Limits.commitMutations, "reservation", "keys")
    guard let incomplete = keys.first(where: { !$0.isComplete }) else { return }
    throw DatastoreError(
      .invalidArgument, "The key has no ID to reserve. Give it an ID or a name.", key: incomplete)
  }

  /// Checks a mutation against what is stored: an insert needs a free key, an update a taken one.
  ///
  /// - Parameters:
  ///   - mutation: The mutation.
  ///   - key: The key that it writes to, the ID filled in.
  ///   - exists: Whether there is an entity of this key.
  /// - Throws: `DatastoreError` with `alreadyExists` or `notFound`, and the key.
  public static func check(
    _ mutation: Mutation, of key: Key, exists: Bool
  ) throws(DatastoreError) {
    switch mutation {
    case .insert where exists:
      throw DatastoreError(
        .alreadyExists, "An insert found an entity of this key. Use an upsert to overwrite it.",
        key: key)
    case .update where !exists:
      throw DatastoreError(
        .notFound, "An update found no entity of this key. Use an upsert to create it.", key: key)
    case .insert, .update, .upsert, .delete: break
    }
  }

  private static func check(
    _ count: Int, atMost limit: Int, _ request: String, _ items: String
  ) throws(DatastoreError) {
    if count <= limit { return }
    throw DatastoreError(
      .invalidArgument,
      "A \(request) takes up to \(limit) \(items) and was given \(count). Split it.")
  }
}
