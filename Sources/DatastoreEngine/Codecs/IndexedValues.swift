// SPDX-License-Identifier: Apache-2.0
public import DatastoreModel

extension Entity {
  /// Calls `body` for each indexed value, with the property's name in queries.
  ///
  /// The elements of an array are values of the array's property. The properties of a nested entity
  /// are `outer.inner`, also in an array of entities. Equal values may come more than once.
  public func forEachIndexedValue(_ body: (_ property: String, _ value: Value) -> Void) {
    for (name, property) in properties where property.isIndexed {
      Self.visit(name, property.value, body)
    }
  }

  private static func visit(_ name: String, _ value: Value, _ body: (String, Value) -> Void) {
    switch value {
    case .array(let values): for value in values { visit(name, value, body) }
    case .entity(let entity):
      for (inner, property) in entity.properties where property.isIndexed {
        visit("\(name).\(inner)", property.value, body)
      }
    case .null, .boolean, .integer, .double, .string, .bytes, .timestamp, .key, .geoPoint:
      body(name, value)
    }
  }
}
