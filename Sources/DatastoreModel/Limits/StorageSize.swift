// SPDX-License-Identifier: Apache-2.0
// Google's rules for sizes: a string is its UTF-8 and one byte. A key is 16 bytes and its strings
// and numbers. An entity is 32 bytes, its key, and its properties with their names.

private func size(of text: String) -> Int { text.utf8.count + 1 }

extension Key {
  /// The key's size in bytes by the Datastore's rules. ``Limits/keyBytes`` is the limit.
  ///
  /// A missing identifier counts as the number that will replace it.
  public var storageSize: Int {
    var total = namespace.isEmpty ? 16 : 16 + size(of: namespace)
    for element in path {
      total += size(of: element.kind)
      if case .name(let name) = element.identifier { total += size(of: name) } else { total += 8 }
    }
    return total
  }
}

extension Value {
  /// The value's size in bytes by the Datastore's rules.
  package var storageSize: Int {
    switch self {
    case .null, .boolean: 1
    case .integer, .double, .timestamp: 8
    case .geoPoint: 16
    case .string(let text): size(of: text)
    case .bytes(let bytes): bytes.count + 1
    case .key(let key): key.storageSize
    case .array(let values): values.reduce(0) { $0 + $1.storageSize }
    case .entity(let entity): entity.storageSize
    }
  }
}

extension Entity {
  /// The entity's size in bytes by the Datastore's rules. ``Limits/entityBytes`` is the limit.
  ///
  /// It approximates the bytes in a request and on disk.
  public var storageSize: Int {
    properties.reduce(32 + (key?.storageSize ?? 0)) {
      $0 + size(of: $1.key) + $1.value.value.storageSize
    }
  }
}
