// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

/// A hash of a reply in 64 bits, with a seed of the process. It is equal for replies with equal
/// bytes.
///
/// Swift's `==` is not used, because it calls the two zeros equal.
enum Fingerprint {
  static func of(_ entities: [Entity]) -> Int {
    var hasher = Hasher()
    hasher.combine(entities.count)
    for entity in entities { feed(entity, to: &hasher) }
    return hasher.finalize()
  }

  static func of(_ reply: LookupReply) -> Int {
    var hasher = Hasher()
    hasher.combine(of(reply.found))
    hasher.combine(reply.failures.mapValues(\.code))
    return hasher.finalize()
  }

  static func of(_ reply: QueryReply) -> Int {
    var hasher = Hasher()
    hasher.combine(of(reply.items.map(\.entity)))
    for item in reply.items { hasher.combine(item.cursor) }
    hasher.combine(reply.skipped)
    hasher.combine(reply.endCursor)
    hasher.combine(reply.more)
    return hasher.finalize()
  }

  static func of(_ values: [Value]) -> Int {
    var hasher = Hasher()
    feed(.array(values), to: &hasher)
    return hasher.finalize()
  }

  private static func feed(_ entity: Entity, to hasher: inout Hasher) {
    hasher.combine(entity.key)
    hasher.combine(entity.properties.count)
    for (name, property) in entity.properties.sortedByName() {
      feed(name, to: &hasher)
      hasher.combine(property.isIndexed)
      feed(property.value, to: &hasher)
    }
  }

  private static func feed(_ value: Value, to hasher: inout Hasher) {
    switch value {
    case .string(let text):
      hasher.combine(1)
      feed(text, to: &hasher)
    case .double(let number):
      hasher.combine(2)
      hasher.combine(number.bitPattern)
    case .array(let values):
      hasher.combine(3)
      hasher.combine(values.count)
      for value in values { feed(value, to: &hasher) }
    case .entity(let entity):
      hasher.combine(4)
      feed(entity, to: &hasher)
    case .null, .boolean, .integer, .timestamp, .bytes, .key, .geoPoint:
      hasher.combine(value)
    }
  }

  private static func feed(_ text: String, to hasher: inout Hasher) {
    hasher.combine(text.utf8.count)
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
