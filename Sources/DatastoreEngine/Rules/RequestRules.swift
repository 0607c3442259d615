// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

/// The rules of requests that can be checked without reading entities. ``NormalizedQuery`` checks
/// those of queries.
///
/// A `Datastore` keeps these rules. A backend checks them as well, because other code may call it.
///
/// Unstable: these functions may change in any minor release.
public enum RequestRules {
  /// Checks the name of a database. The empty name is that of the default database.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument` for other characters than a-z, 0-9 and `-`,
  ///   and for over 63 of them.
  public static func check(database name: String) throws(DatastoreError) {
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard allowed, name.utf8.count <= 63 else {
      throw DatastoreError(
        .invalidArgument,
        """
        "\(name.clipped())" is no name of a database. A name has up to 63 of the characters a-z, \
        0-9 and "-". The default database has the empty name.
        """)
    }
  }

  /// Checks a lookup: up to 1,000 complete keys.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public static func check(lookup keys: [Key]) throws(DatastoreError) {
    try check(keys.count, atMost: Limits.lookupKeys, "lookup", "keys")
    for key in keys { try Limits.check(lookup: key) }
  }

  /// Checks a commit: up to 100,000 mutations within the limits, no two of one key.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public static func check(commit mutations: [Mutation]) throws(DatastoreError) {
    try check(mutations.count, atMost: Limits.acceptedMutations, "commit", "mutations")
    var keys: Set<Key> = []
    for mutation in mutations {
      try Limits.check(mutation)
      guard let key = mutation.key, key.isComplete, !keys.insert(key).inserted else { continue }
      throw DatastoreError(
        .invalidArgument,
        "The commit has two mutations of this key. Send the second one later.", key: key)
    }
  }

  /// Checks a request for IDs: up to 500 incomplete keys.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public static func check(allocation keys: [Key]) throws(DatastoreError) {
    try check(keys.count, atMost: Limits.commitMutations, "request for IDs", "keys")
    for key in keys {
      guard !key.isComplete else {
        throw DatastoreError(
          .invalidArgument, "The key already has an ID or a name. Request IDs for incomplete keys.",
          key: key)
      }
      try Limits.check(.upsert(Entity(key)))
    }
  }

  /// Checks a reservation of IDs: up to 500 complete keys.
  ///
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public static func check(reservation keys: [Key]) throws(DatastoreError) {
    try check(keys.count, atMost: Limits.commitMutations, "reservation", "keys")
    for key in keys {
      guard key.isComplete else {
        throw DatastoreError(
          .invalidArgument, "The key has no ID to reserve. Give it an ID or a name.", key: key)
      }
      try Limits.check(.delete(key))
    }
  }

  /// Checks a mutation against the store: an insert needs a free key, an update an existing one.
  ///
  /// - Parameters:
  ///   - mutation: The mutation.
  ///   - key: The key to write, with its ID.
  ///   - exists: Whether an entity with this key is stored.
  /// - Throws: `DatastoreError` with `alreadyExists` or `notFound`, and the key.
  public static func check(
    _ mutation: Mutation, of key: Key, exists: Bool
  ) throws(DatastoreError) {
    switch mutation.operation {
    case .insert where exists:
      throw DatastoreError(
        .alreadyExists,
        "The insert found an entity with this key. A put (an upsert) overwrites it.",
        key: key)
    case .update where !exists:
      throw DatastoreError(
        .notFound, "The update found no entity with this key. A put (an upsert) creates it.",
        key: key)
    case .insert, .update, .upsert, .delete: break
    }
  }

  /// Checks the time of a read.
  ///
  /// - Parameters:
  ///   - time: The time.
  ///   - now: The present time.
  ///   - horizon: The earliest time whose state is kept.
  /// - Throws: `DatastoreError` with `invalidArgument`.
  public static func check(
    readTime time: Timestamp, now: Timestamp, keptSince horizon: Timestamp
  ) throws(DatastoreError) {
    guard time <= now else {
      throw DatastoreError(
        .invalidArgument,
        "The read time \(time) is in the future: it is \(now). Read at an earlier time.")
    }
    guard time >= horizon else {
      throw DatastoreError(
        .invalidArgument,
        """
        The state of \(time) is no longer kept; the earliest is that of \(horizon). Read at a \
        later time, or leave out the time.
        """)
    }
  }

  private static func check(
    _ count: Int, atMost limit: Int, _ request: String, _ items: String
  ) throws(DatastoreError) {
    if count <= limit { return }
    throw DatastoreError(
      .invalidArgument,
      "The \(request) has \(count) \(items); at most \(limit) are allowed. Split it.")
  }
}
