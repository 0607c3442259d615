// SPDX-License-Identifier: Apache-2.0
public import Arrival

extension Datastore {
  /// The namespaces that have entities, in order. The default one is empty.
  public func namespaces(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[String]> {
    if let scope = try? core.scope() {
      return kinds(function: function, file: file, line: line)
        .map { $0.isEmpty ? [] : [scope.name] }
    }
    return query(Query(kind: "__namespace__").keysOnly())
      .fetch(function: function, file: file, line: line)
      .map { keys in keys.map { $0.name ?? "" } }
  }

  /// The kinds that have entities in a namespace, in order.
  public func kinds(
    inNamespace namespace: String = "", function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[String]> {
    query(Query(kind: "__kind__").inNamespace(namespace).keysOnly())
      .fetch(function: function, file: file, line: line)
      .map { keys in keys.compactMap(\.name) }
  }

  /// The indexed properties of a kind, in the order of their names.
  public func properties(
    ofKind kind: String, inNamespace namespace: String = "",
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[IndexedProperty]> {
    let kind = Key("__kind__", name: kind, namespace: namespace)
    return query(Query(kind: "__property__").ancestor(kind))
      .fetch(function: function, file: file, line: line)
      .map { entities in
        entities.map { entity in
          let types = entity["property_representation"]?.arrayValue ?? []
          return IndexedProperty(
            name: entity.key?.name ?? "", types: types.compactMap(\.stringValue))
        }
      }
  }
}

/// An indexed property of a kind, as `Datastore.properties(ofKind:)` finds it.
public struct IndexedProperty: Sendable, Hashable {
  /// The name. A nested property is `outer.inner`.
  public var name: String
  /// The types of its values, in order: `BOOLEAN`, `DOUBLE`, `INT64`, `NULL`, `POINT`, `REFERENCE`
  /// and `STRING`.
  public var types: [String]

  /// Makes the description of a property.
  public init(name: String, types: [String]) {
    self.name = name
    self.types = types
  }

  /// Whether names, byte for byte, and types are equal.
  public static func == (a: Self, b: Self) -> Bool {
    identicalText(a.name, b.name) && a.types == b.types
  }

  /// Hashes name and types.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(text: name)
    hasher.combine(types)
  }
}
