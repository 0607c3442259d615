// SPDX-License-Identifier: Apache-2.0
package import ArrivalDatastore
internal import DatastoreModel

/// The entities in managed exports of Datastore and Firestore: messages of the type
/// `storage_onestore_v3.EntityProto`, which App Engine's bundled services use as well.
package enum ExportedEntity {
  /// The meanings of values, as far as they change how a value is read.
  private enum Meaning {
    static let time: Int64 = 7
    static let blob: Int64 = 14
    static let byteString: Int64 = 16
    static let indexValue: Int64 = 18
    static let entity: Int64 = 19
    static let emptyList: Int64 = 24
  }

  /// A value of a property, which has several if it is an array.
  private struct Part {
    var value: Value
    var isIndexed: Bool
    var isElement: Bool
    var isEmptyList: Bool
  }

  /// The entity of a record. Its key loses the project and the database.
  package static func read(_ record: [UInt8]) throws(ExportProblem) -> Entity {
    let entity = try entity(try ProtoMessage(record[...]))
    guard let key = entity.key else { throw .malformed }
    guard key.isComplete else {
      throw ExportProblem(message: "the key of the entity has neither an ID nor a name")
    }
    return entity
  }

  private static func entity(_ message: ProtoMessage) throws(ExportProblem) -> Entity {
    var parts: [(name: String, parts: [Part])] = []
    var indexes: [ExactText: Int] = [:]
    for (number, isIndexed) in [(14, true), (15, false)] {
      for property in try message.messages(number) {
        guard let name = try property.text(3) else { throw .malformed }
        let part = try part(property, name, isIndexed)
        if let index = indexes[ExactText(name)] {
          parts[index].parts.append(part)
        } else {
          indexes[ExactText(name)] = parts.count
          parts.append((name, [part]))
        }
      }
    }
    var entity = Entity()
    if let reference = try message.messages(13).last { entity.key = try key(reference) }
    for (name, parts) in parts { entity.properties[name] = try property(name, parts) }
    return entity
  }

  private static func property(
    _ name: String, _ parts: [Part]
  ) throws(ExportProblem) -> Entity.Property {
    let isIndexed = parts[0].isIndexed
    guard parts.allSatisfy({ $0.isIndexed == isIndexed }) else {
      throw ExportProblem(
        message: """
          property \(name.debugDescription) has indexed and unindexed values, whose order the \
          export does not keep
          """)
    }
    if parts.count == 1, parts[0].isEmptyList {
      return Entity.Property(.array([]), isIndexed: isIndexed)
    }
    if parts.count == 1, !parts[0].isElement {
      return Entity.Property(parts[0].value, isIndexed: isIndexed)
    }
    return Entity.Property(.array(parts.map(\.value)), isIndexed: isIndexed)
  }

  private static func part(
    _ property: ProtoMessage, _ name: String, _ isIndexed: Bool
  ) throws(ExportProblem) -> Part {
    let meaning = property.integer(1) ?? 0
    if meaning == Meaning.indexValue {
      throw ExportProblem(
        message: "property \(name.debugDescription) is an index entry, not a stored value")
    }
    let content = try property.messages(5).last
    var value = Value.null
    if let content { value = try self.value(content, meaning, name) }
    return Part(
      value: value,
      isIndexed: isIndexed, isElement: property.integer(4) ?? 0 != 0,
      isEmptyList: meaning == Meaning.emptyList)
  }

  private static func value(
    _ message: ProtoMessage, _ meaning: Int64, _ name: String
  ) throws(ExportProblem) -> Value {
    if let integer = message.integer(1) {
      return meaning == Meaning.time
        ? .timestamp(Timestamp(microseconds: integer)) : .integer(integer)
    }
    if let flag = message.integer(2) { return .boolean(flag != 0) }
    if let double = message.double(4) { return .double(double) }
    if let bytes = message.bytes(3) {
      switch meaning {
      case Meaning.blob, Meaning.byteString: return .bytes(Array(bytes))
      case Meaning.entity: return .entity(try nestedEntity(bytes))
      default:
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw ExportProblem(
            message: "property \(name.debugDescription) has a string that is not valid UTF-8")
        }
        return .string(text)
      }
    }
    if let point = try message.messages(5).last {
      guard let latitude = point.double(6), let longitude = point.double(7) else {
        throw .malformed
      }
      return .geoPoint(GeoPoint(latitude: latitude, longitude: longitude))
    }
    if let reference = try message.messages(12).last {
      return .key(try key(reference, elements: try reference.messages(14), (15, 16, 17)))
    }
    if try message.messages(8).last != nil {
      throw ExportProblem(
        message: """
          property \(name.debugDescription) is a user of App Engine, a type that the Datastore's \
          API no longer has; store the address as a string before the export
          """)
    }
    return .null
  }

  private static func nestedEntity(_ bytes: ArraySlice<UInt8>) throws(ExportProblem) -> Entity {
    try entity(try ProtoMessage(bytes))
  }

  /// The key of an entity; `nil` if it is empty, as that of a nested entity may be.
  private static func key(_ message: ProtoMessage) throws(ExportProblem) -> Key? {
    guard let path = try message.messages(14).last else { return nil }
    let elements = try path.messages(1)
    if elements.isEmpty { return nil }
    return try key(message, elements: elements, (2, 3, 4))
  }

  private static func key(
    _ message: ProtoMessage, elements: [ProtoMessage], _ numbers: (kind: Int, id: Int, name: Int)
  ) throws(ExportProblem) -> Key {
    var path: [Key.PathElement] = []
    for element in elements {
      guard let kind = try element.text(numbers.kind) else { throw .malformed }
      var step = Key.PathElement(kind: kind)
      if let name = try element.text(numbers.name), !name.isEmpty {
        step.identifier = .name(name)
      } else if let id = element.integer(numbers.id), id != 0 {
        step.identifier = .id(id)
      }
      path.append(step)
    }
    let namespace = try message.text(20) ?? ""
    do throws(DatastoreError) {
      return try Key(path: path, namespace: namespace)
    } catch {
      throw ExportProblem(message: error.message)
    }
  }
}
