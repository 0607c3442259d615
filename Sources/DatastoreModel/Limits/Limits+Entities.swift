// SPDX-License-Identifier: Apache-2.0
extension Limits {
  /// Checks an entity to write, and measures it in the same pass.
  static func size(ofValid entity: Entity) throws(Violation) -> Int {
    guard let key = entity.key else {
      throw Violation(
        """
        The entity has no key. Give it one: `Key("Kind", id: 7)`, or `Key(incomplete: "Kind")` for \
        an ID that the datastore assigns.
        """)
    }
    var indexed = 0
    let keySize = try size(ofValid: key, writing: true)
    let size = try keySize + 32 + size(of: entity.properties, 0, isIndexed: true, &indexed)
    guard indexed <= indexedValues else {
      throw Violation(
        """
        The entity has \(grouped(indexed)) indexed values; at most \(grouped(indexedValues)) are \
        allowed. Leave out of the indexes what no query uses, or split the entity.
        """)
    }
    guard size <= entityBytes else {
      throw Violation(
        """
        The entity is \(grouped(size)) bytes; at most \(grouped(entityBytes)) are allowed. Split \
        it into several entities, or store large values elsewhere.
        """)
    }
    return size
  }

  private static func size(
    of properties: Entity.Properties, _ depth: Int, isIndexed: Bool, _ indexed: inout Int
  ) throws(Violation) -> Int {
    var total = 0
    for (name, property) in properties {
      do {
        try check(propertyName: name)
        total += name.utf8.count + 1
        total += try size(
          of: property.value, depth, isIndexed: isIndexed && property.isIndexed, &indexed)
      } catch {
        throw error.inside(name.clipped())
      }
    }
    return total
  }

  private static func size(
    of value: Value, _ depth: Int, isIndexed: Bool, _ indexed: inout Int
  ) throws(Violation) -> Int {
    if isIndexed { indexed += 1 }
    switch value {
    case .null, .boolean:
      return 1
    case .integer, .double:
      return 8
    case .string(let text):
      try check(count: text.utf8.count, "string", "of UTF-8 ", isIndexed: isIndexed)
      return text.utf8.count + 1
    case .bytes(let bytes):
      try check(count: bytes.count, "value", "", isIndexed: isIndexed)
      return bytes.count + 1
    case .timestamp(let time):
      guard Timestamp.min...Timestamp.max ~= time else {
        throw Violation(
          """
          The timestamp \(time) is outside \(Timestamp.min) to \(Timestamp.max). Store a time in \
          the years 1 to 9999, or null.
          """)
      }
      return 8
    case .key(let key):
      guard key.isComplete else {
        throw Violation(
          """
          The value \("\(key)".clipped()) is an incomplete key, which refers to no entity. Put \
          that entity first and store its complete key.
          """)
      }
      return try size(ofValid: key, writing: false)
    case .geoPoint(let point):
      guard -90...90 ~= point.latitude, -180...180 ~= point.longitude else {
        throw Violation(
          """
          Latitude \(point.latitude) and longitude \(point.longitude) are no point on the globe. A \
          latitude is -90 to 90 degrees, a longitude -180 to 180. Check whether the two are swapped.
          """)
      }
      return 16
    case .array(let values):
      // An index has the elements of an array, and not the array itself.
      if isIndexed { indexed -= 1 }
      return try size(of: values, depth, isIndexed: isIndexed, &indexed)
    case .entity(let entity):
      if isIndexed { indexed -= 1 }
      return try size(ofNested: entity, depth + 1, isIndexed: isIndexed, &indexed)
    }
  }

  /// Checks and measures the elements of an array that is not stored yet.
  static func size(ofElements values: [Value]) throws(Violation) -> Int {
    var indexed = 0
    return try size(of: values, 0, isIndexed: false, &indexed)
  }

  private static func size(
    of values: [Value], _ depth: Int, isIndexed: Bool, _ indexed: inout Int
  ) throws(Violation) -> Int {
    var total = 0
    for (index, value) in values.enumerated() {
      do throws(Violation) {
        if case .array = value {
          throw Violation(
            """
            An array is directly inside an array, which the Datastore cannot store. Put a nested \
            entity between the two.
            """)
        }
        total += try size(of: value, depth, isIndexed: isIndexed, &indexed)
      } catch {
        throw error.inside("[\(index)]")
      }
    }
    return total
  }

  private static func size(
    ofNested entity: Entity, _ depth: Int, isIndexed: Bool, _ indexed: inout Int
  ) throws(Violation) -> Int {
    guard depth <= nestingDepth else {
      throw Violation(
        """
        Entities are nested more than \(nestingDepth) deep, which is the limit. Store the inner \
        ones as separate entities.
        """)
    }
    var total = 32
    if let key = entity.key { total += try size(ofValid: key, writing: false) }
    return total
      + (try size(of: entity.properties, depth, isIndexed: isIndexed, &indexed))
  }

  private static func check(
    count: Int, _ what: String, _ unit: String, isIndexed: Bool
  ) throws(Violation) {
    let limit = isIndexed ? indexedValueBytes : unindexedValueBytes
    if count <= limit { return }
    throw Violation(
      """
      The \(isIndexed ? "indexed" : "unindexed") \(what) is \(grouped(count)) bytes \(unit)long; \
      at most \(grouped(limit)) are allowed. \
      \(isIndexed ? "Make the property unindexed, or shorten it." : "Shorten it, or split it.")
      """)
  }

  package static func check(propertyName name: String) throws(Violation) {
    let count = name.utf8.count
    guard 1...nameBytes ~= count else {
      throw Violation(
        count == 0
          ? "A property's name is empty. Give it 1 to \(grouped(nameBytes)) bytes of UTF-8."
          : """
          The property's name is \(grouped(count)) bytes of UTF-8; at most \(grouped(nameBytes)) \
          are allowed. Shorten it.
          """)
    }
    if isReserved(name) {
      throw Violation(
        "The property's name is reserved: it begins and ends with \"__\". Choose another name.")
    }
  }
}
