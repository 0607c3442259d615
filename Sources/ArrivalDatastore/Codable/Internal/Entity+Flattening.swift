// SPDX-License-Identifier: Apache-2.0
extension Entity {
  /// The properties in the default form of NDB: nested values as properties of their own, named by
  /// their paths.
  func flattenedProperties() throws(DatastoreError) -> Entity.Properties {
    var flat = Entity.Properties(minimumCapacity: properties.count)
    for (name, property) in properties {
      guard property.isIndexed else {
        flat[name] = property
        continue
      }
      switch property.value {
      // An empty structure has no parts that would tell of it.
      case .entity(let inner) where !inner.properties.isEmpty:
        for (part, property) in try inner.flattenedProperties() {
          flat["\(name).\(part)"] = property
        }
      case .array(let values) where values.contains(where: { $0.entityValue != nil }):
        for (part, property) in try Self.columns(values, of: name) {
          flat["\(name).\(part)"] = property
        }
      default: flat[name] = property
      }
    }
    return flat
  }

  /// An array for each part of the elements.
  private static func columns(
    _ values: [Value], of name: String
  ) throws(DatastoreError) -> Entity.Properties {
    var elements: [Entity.Properties] = []
    for value in values {
      guard let entity = value.entityValue else {
        throw refusal("The array has nested values and \(value.typeName)", name)
      }
      elements.append(try entity.flattenedProperties())
    }
    var columns = Entity.Properties()
    let parts = Set(elements.flatMap { $0.keys.map { ExactText($0) } }).map(\.text)
    for part in parts {
      let isNull = elements.allSatisfy { $0[part]?.value.isNull ?? true }
      // Nulls in the parts of a nested structure tell of those that are missing.
      let prefix = "\(part).".utf8
      if isNull, parts.contains(where: { $0.utf8.starts(with: prefix) }) { continue }
      var column: [Value] = []
      var isIndexed = true
      for element in elements {
        // NDB writes null for what an element lacks.
        let property = element[part] ?? .indexed(.null)
        if case .array = property.value {
          throw refusal("Each of the nested values has an array in \"\(part)\"", name)
        }
        column.append(property.value)
        if element[part] != nil { isIndexed = isIndexed && property.isIndexed }
      }
      columns[part] = .init(.array(column), isIndexed: isIndexed)
    }
    return columns
  }

  private static func refusal(_ what: String, _ name: String) -> DatastoreError {
    DatastoreError(
      .invalidArgument,
      """
      \(what), which the default form of NDB cannot hold. Name the property in \
      unindexedProperties, or do not flatten structures.
      """, property: name)
  }
}
