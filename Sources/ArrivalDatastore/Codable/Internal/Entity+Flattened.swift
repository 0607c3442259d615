// SPDX-License-Identifier: Apache-2.0
extension Entity {
  /// The nested entity whose properties have their own places in this one: `home.city` is `city` of
  /// `home`. `nil` if there is no such property.
  ///
  /// NDB writes structured properties so unless it is told otherwise, and repeated ones as an array
  /// for each part.
  func flattened(_ name: String) -> Entity? {
    var nested = Entity(nil)
    let prefix = "\(name).".utf8
    for (full, property) in properties where full.utf8.starts(with: prefix) {
      nested.properties[String(full.utf8.dropFirst(prefix.count)) ?? ""] = property
    }
    return nested.properties.isEmpty ? nil : nested
  }

  /// Whether all properties are null.
  var hasOnlyNulls: Bool { properties.allSatisfy { $0.1.value.isNull } }
}

extension NodeDecoder {
  /// The elements of a repeated structure that was written as an array for each of its parts.
  func elements(of parts: Entity) throws -> [Value] {
    var elements: [Entity] = []
    for (index, (name, property)) in parts.properties.enumerated() {
      guard case .array(let values) = property.value else {
        throw mismatch("an array in \"\(name)\"", [Value].self)
      }
      if index == 0 { elements = Array(repeating: Entity(nil), count: values.count) }
      guard values.count == elements.count else {
        throw DecodingError.dataCorrupted(
          DecodingError.Context(
            codingPath: codingPath,
            debugDescription: """
              The parts of a repeated structure have different numbers of values: "\(name)" has \
              \(values.count), and another one has \(elements.count).
              """))
      }
      for (element, value) in values.enumerated() {
        elements[element].properties[name] = .init(value, isIndexed: property.isIndexed)
      }
    }
    return elements.map { .entity($0) }
  }
}
