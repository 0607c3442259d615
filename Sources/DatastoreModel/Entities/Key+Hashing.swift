// SPDX-License-Identifier: Apache-2.0
// Keys are compared byte for byte, as in the Datastore. For `String.==`, two canonically equivalent
// names are equal, and a lookup of both would return one entity for both keys.

/// Whether two texts have the same bytes of UTF-8.
package func identicalText(_ a: String, _ b: String) -> Bool {
  // Strings with equal bytes are always canonically equal, and the standard library rejects most
  // unequal strings quickly. So only equal strings need the second comparison.
  guard a == b else { return false }
  let same = a.utf8.withContiguousStorageIfAvailable { left in
    b.utf8.withContiguousStorageIfAvailable { right in left.elementsEqual(right) }
  }
  return (same ?? nil) ?? a.utf8.elementsEqual(b.utf8)
}

extension Hasher {
  /// Hashes the bytes of a text and a terminator, which separates it from the next text.
  package mutating func combine(text: String) {
    let fed: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
      combine(bytes: UnsafeRawBufferPointer(bytes))
    }
    if fed == nil { for byte in text.utf8 { combine(byte) } }
    combine(0xFF as UInt8)
  }
}

extension Key.Identifier: Hashable {
  /// Equal if both are the same number, or names with the same bytes.
  public static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.id(let a), .id(let b)): a == b
    case (.name(let a), .name(let b)): identicalText(a, b)
    case (.id, .name), (.name, .id): false
    }
  }

  /// Hashes the number, or the bytes of the name.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .id(let id): hasher.combine(id)
    case .name(let name): hasher.combine(text: name)
    }
  }
}

extension Key.PathElement: Hashable {
  /// Equal if the identifiers are equal and the kinds have the same bytes.
  public static func == (a: Self, b: Self) -> Bool {
    a.identifier == b.identifier && identicalText(a.kind, b.kind)
  }

  /// Hashes the kind and the identifier.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(text: kind)
    identifier?.hash(into: &hasher)
  }
}

extension Key: Hashable {
  /// Equal if namespaces and paths have the same bytes and numbers.
  public static func == (a: Self, b: Self) -> Bool {
    guard a.path.count == b.path.count else { return false }
    // Begins at the end, where most keys differ: siblings have the same ancestors.
    for index in a.path.indices.reversed() where a.path[index] != b.path[index] { return false }
    return identicalText(a.namespace, b.namespace)
  }

  /// Hashes the path and the namespace.
  public func hash(into hasher: inout Hasher) {
    for element in path { element.hash(into: &hasher) }
    if !namespace.isEmpty { hasher.combine(text: namespace) }
  }
}
