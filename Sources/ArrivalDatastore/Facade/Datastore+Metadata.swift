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

  /// The indexed properties of a kind, and the types of their values: `INT64`, `DOUBLE`, `STRING`,
  /// `BOOLEAN`, `REFERENCE`, `POINT` and `NULL`.
  public func properties(
    ofKind kind: String, inNamespace namespace: String = "",
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[String: [String]]> {
    let kind = Key("__kind__", name: kind, namespace: namespace)
    return query(Query(kind: "__property__").ancestor(kind))
      .fetch(function: function, file: file, line: line)
      .map { entities in
        Dictionary(
          entities.map { entity in
            let types = entity["property_representation"]?.arrayValue ?? []
            return (entity.key?.name ?? "", types.compactMap(\.stringValue))
          }, uniquingKeysWith: { first, _ in first })
      }
  }
}
