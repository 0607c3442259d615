// Keys are compared as the Datastore compares them: byte for byte. `String.==` would call two
// canonically equivalent names one, and a lookup of both would then answer one with the other.

/// Whether two texts are the same bytes of UTF-8.
package func identicalText(_ a: String, _ b: String) -> Bool {
  // Byte-equal strings are always canonically equal, and the standard library finds most unequal
  // ones at once; only equal ones need the second look, and it is short.
  guard a == b else { return false }
  let same = a.utf8.withContiguousStorageIfAvailable { left in
    b.utf8.withContiguousStorageIfAvailable { right in left.elementsEqual(right) }
  }
  return (same ?? nil) ?? a.utf8.elementsEqual(b.utf8)
}

extension Hasher {
  /// Feeds a text as its bytes, closed so that two texts in a row cannot run into each other.
  mutating func combine(text: String) {
    let fed: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
      combine(bytes: UnsafeRawBufferPointer(bytes))
    }
    if fed == nil { for byte in text.utf8 { combine(byte) } }
    combine(0xFF as UInt8)
  }
}

extension Key.Identifier: Hashable {
  /// Equal if both are the same number, or names of the same bytes.
  public static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.id(let a), .id(let b)): a == b
    case (.name(let a), .name(let b)): identicalText(a, b)
    case (.id, .name), (.name, .id): false
    }
  }

  /// Feeds the number, or the bytes of the name.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .id(let id): hasher.combine(id)
    case .name(let name): hasher.combine(text: name)
    }
  }
}

extension Key.PathElement: Hashable {
  /// Equal if identifiers agree and the kinds are the same bytes.
  public static func == (a: Self, b: Self) -> Bool {
    a.identifier == b.identifier && identicalText(a.kind, b.kind)
  }

  /// Feeds the kind and the identifier.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(text: kind)
    identifier?.hash(into: &hasher)
  }
}

extension Key: Hashable {
  /// Equal if namespace and path are the same bytes and numbers.
  public static func == (a: Self, b: Self) -> Bool {
    guard a.path.count == b.path.count else { return false }
    // From the end, for there keys differ: siblings share all of their ancestors.
    for index in a.path.indices.reversed() where a.path[index] != b.path[index] { return false }
    return identicalText(a.namespace, b.namespace)
  }

  /// Feeds path and namespace.
  public func hash(into hasher: inout Hasher) {
    for element in path { element.hash(into: &hasher) }
    if !namespace.isEmpty { hasher.combine(text: namespace) }
  }
}
