// SPDX-License-Identifier: Apache-2.0
package import ArrivalDatastore

/// Entities as lines of JSON, without loss.
///
/// ```json
/// {"key":"User/7","properties":{"name":"Ann","since":{"timestamp":"2026-11-25T04:00:00Z"}}}
/// {"key":"User/8","properties":{"name":"Bob","bio":"…"},"unindexed":["bio"]}
/// ```
///
/// A key is written as its text. Null, booleans, strings and arrays are written as in JSON. A
/// number with a point or an exponent is a double, any other an integer. Other values are objects
/// with one member: `timestamp`, `bytes` (Base64 for URLs), `key`, `geoPoint` (latitude and
/// longitude), `double` (infinity and not-a-number, which JSON lacks) and `entity` (a nested
/// entity).
package enum EntityJSON {
  package static func node(of entity: Entity) -> JSONNode {
    var members: [JSONNode.Member] = []
    if let key = entity.key { members.append(.init("key", .string(key.text))) }
    let sorted = entity.properties.sortedByName()
    members.append(
      .init("properties", .object(sorted.map { .init($0.key, node(of: $0.value.value)) })))
    let unindexed = sorted.filter { !$0.value.isIndexed }.map { JSONNode.string($0.key) }
    if !unindexed.isEmpty { members.append(.init("unindexed", .array(unindexed))) }
    return .object(members)
  }

  package static func node(of value: Value) -> JSONNode {
    func typed(_ name: String, _ node: JSONNode) -> JSONNode { .object([.init(name, node)]) }
    return switch value {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .integer(let number): .integer(number)
    case .double(let number): double(number)
    case .string(let text): .string(text)
    case .bytes(let bytes): typed("bytes", .string(QueryCursor(bytes: bytes).text))
    case .timestamp(let time): typed("timestamp", .string(time.description))
    case .key(let key): typed("key", .string(key.text))
    case .geoPoint(let point):
      typed("geoPoint", .array([double(point.latitude), double(point.longitude)]))
    case .array(let values): .array(values.map { node(of: $0) })
    case .entity(let entity): typed("entity", node(of: entity))
    }
  }

  private static func double(_ number: Double) -> JSONNode {
    if number.isFinite { return .double(number) }
    return .object([.init("double", .string(number.isNaN ? "nan" : number > 0 ? "inf" : "-inf"))])
  }

  // MARK: Reading

  /// Reads an entity. `notes` gets a sentence for each time that was not taken as it stands.
  package static func entity(
    of node: JSONNode, notes: inout [String]
  ) throws(JSONProblem) -> Entity {
    guard case .object(let members) = node else {
      throw JSONProblem(
        "expected an object with \"key\" and \"properties\", found \(node.typeName)")
    }
    var entity = Entity()
    var unindexed: [String] = []
    for member in members {
      switch (member.name, member.value) {
      case ("key", .string(let text)): entity.key = try key(text)
      case ("properties", .object(let properties)):
        for property in properties {
          entity.properties[property.name] = .indexed(
            try value(of: property.value, in: property.name, notes: &notes))
        }
      case ("unindexed", .array(let names)):
        for name in names {
          guard case .string(let name) = name else {
            throw JSONProblem("expected only strings in \"unindexed\", found \(name.typeName)")
          }
          unindexed.append(name)
        }
      case ("key", let other), ("properties", let other), ("unindexed", let other):
        throw JSONProblem("\"\(member.name)\" cannot be \(other.typeName)")
      default:
        throw JSONProblem(
          """
          an entity has the members "key", "properties" and "unindexed", \
          not \(member.name.debugDescription)
          """)
      }
    }
    for name in unindexed {
      guard entity.properties[name] != nil else {
        throw JSONProblem(
          "\"unindexed\" has \(name.debugDescription), but the entity has no such property")
      }
      entity.properties[name]?.isIndexed = false
    }
    return entity
  }

  private static func key(_ text: String) throws(JSONProblem) -> Key {
    do throws(TextError) {
      return try Key(text: text)
    } catch {
      throw JSONProblem("\(error.message): \(text.debugDescription)")
    }
  }

  package static func entity(of node: JSONNode) throws(JSONProblem) -> Entity {
    var notes: [String] = []
    return try entity(of: node, notes: &notes)
  }

  /// Reads a value. `notes` gets a sentence for each time that was not taken as it stands.
  package static func value(
    of node: JSONNode, in name: String, notes: inout [String]
  ) throws(JSONProblem) -> Value {
    switch node {
    case .null: return .null
    case .boolean(let flag): return .boolean(flag)
    case .integer(let number): return .integer(number)
    case .double(let number): return .double(number)
    case .string(let text): return .string(text)
    case .array(let nodes):
      var values: [Value] = []
      for node in nodes { values.append(try value(of: node, in: name, notes: &notes)) }
      return .array(values)
    case .object(let members):
      do throws(JSONProblem) {
        if members.count == 1, let value = try typed(members[0], &notes) { return value }
      } catch {
        throw JSONProblem("property \(name.debugDescription): \(error.message)")
      }
      throw JSONProblem(
        """
        property \(name.debugDescription): an object must be one of {"timestamp": "…Z"}, \
        {"bytes": "base64"}, {"key": "Kind/1"}, {"geoPoint": [1.0, 2.0]}, {"double": "nan"}, \
        {"entity": {"properties": {}}}
        """)
    }
  }

  private static func typed(
    _ member: JSONNode.Member, _ notes: inout [String]
  ) throws(JSONProblem) -> Value? {
    switch (member.name, member.value) {
    case ("timestamp", .string(let text)):
      guard let reading = try? Timestamp.read(iso8601: text) else {
        throw JSONProblem(
          "\(text.debugDescription) is not a timestamp, such as 2026-11-25T04:00:00Z")
      }
      if reading.lacksOffset {
        notes.append("\(text.debugDescription) has no offset from UTC and was read as UTC")
      }
      if reading.wasCut { notes.append("\(text.debugDescription) was cut to microseconds") }
      return .timestamp(reading.timestamp)
    case ("bytes", .string(let text)):
      guard let bytes = QueryCursor(text: text)?.bytes else {
        throw JSONProblem("\(text.debugDescription) is not Base64")
      }
      return .bytes(bytes)
    case ("key", .string(let text)): return .key(try key(text))
    case ("entity", let node):
      return .entity(try entity(of: node, notes: &notes))
    case ("double", let node): return double(node).map { .double($0) }
    case ("geoPoint", .array(let nodes)):
      guard nodes.count == 2, let latitude = double(nodes[0]), let longitude = double(nodes[1])
      else {
        return nil
      }
      return .geoPoint(GeoPoint(latitude: latitude, longitude: longitude))
    default: return nil
    }
  }

  private static func double(_ node: JSONNode) -> Double? {
    switch node {
    case .double(let number): return number
    case .integer(let number): return Double(number)
    case .string("nan"): return .nan
    case .string("inf"): return .infinity
    case .string("-inf"): return -.infinity
    case .object(let members) where members.count == 1 && members[0].name == "double":
      // Only a string, so that objects do not nest.
      if case .string = members[0].value { return double(members[0].value) }
      return nil
    case .null, .boolean, .string, .array, .object: return nil
    }
  }
}
