// SPDX-License-Identifier: Apache-2.0
package import DatastoreModel

/// Keeps the entities of a named database apart from those of other databases in one store.
///
/// A key of the database has the database's name in front of its namespace, between two bytes that
/// no namespace may have. So no key, range of keys or query of one database meets another one.
package struct DatabaseScope: Sendable, Hashable {
  private static let mark = "\u{1}"

  /// The name; empty for the default database.
  package let name: String
  private let prefix: String

  package init(name: String) {
    self.name = name
    prefix = name.isEmpty ? "" : Self.mark + name + Self.mark
  }

  /// The database of a stored namespace.
  package init(ofStored namespace: String) {
    let parts = namespace.split(separator: "\u{1}", maxSplits: 2, omittingEmptySubsequences: false)
    self.init(name: parts.count == 3 && parts[0].isEmpty ? String(parts[1]) : "")
  }

  /// Whether keys are stored as they are.
  package var isDefault: Bool { name.isEmpty }

  /// Refuses a namespace of which a part would be the name of a database.
  package static func check(_ key: Key) throws(DatastoreError) {
    if key.namespace.utf8.first != 1 { return }
    throw DatastoreError(
      .invalidArgument, "The namespace of the key begins with a control character.", key: key)
  }

  /// The key as it is stored.
  package func stored(_ key: Key) throws(DatastoreError) -> Key {
    try Self.check(key)
    return isDefault ? key : Key(uncheckedPath: key.path, namespace: prefix + key.namespace)
  }

  /// The key as the database's users know it.
  package func visible(_ key: Key) -> Key {
    guard !isDefault, key.namespace.hasPrefix(prefix) else { return key }
    return Key(
      uncheckedPath: key.path, namespace: String(key.namespace.dropFirst(prefix.count)))
  }

  /// The namespace as it is stored.
  package func stored(namespace: String) -> String { prefix + namespace }

  /// The namespace as the database's users know it. `nil` for one of another database.
  package func visible(namespace: String) -> String? {
    if isDefault { return namespace.utf8.first == 1 ? nil : namespace }
    return namespace.hasPrefix(prefix) ? String(namespace.dropFirst(prefix.count)) : nil
  }

  /// A filter whose ancestors and keys of results are those that are stored.
  package func stored(_ filter: QueryFilter) throws(DatastoreError) -> QueryFilter {
    switch filter {
    case .ancestor(let key): return .ancestor(try stored(key))
    case .property(QueryRequest.keyProperty, let comparison, .key(let key)):
      return .property(QueryRequest.keyProperty, comparison, .key(try stored(key)))
    case .property(QueryRequest.keyProperty, let comparison, .array(let values)):
      var keys: [Value] = []
      for value in values {
        if case .key(let key) = value { keys.append(.key(try stored(key))) }
      }
      return .property(QueryRequest.keyProperty, comparison, .array(keys))
    case .property: return filter
    case .and(let parts):
      var stored: [QueryFilter] = []
      for part in parts { stored.append(try self.stored(part)) }
      return .and(stored)
    case .or(let parts):
      var stored: [QueryFilter] = []
      for part in parts { stored.append(try self.stored(part)) }
      return .or(stored)
    }
  }
}
