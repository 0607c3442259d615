// SPDX-License-Identifier: Apache-2.0
extension Limits {
  /// Checks a key and measures it in the same pass.
  ///
  /// - Parameter writing: Whether reserved names are refused. Only reads accept them.
  package static func size(ofValid key: Key, writing: Bool) throws(Violation) -> Int {
    try check(namespace: key.namespace, writing: writing)
    guard key.path.count <= pathElements else {
      throw Violation(
        """
        The key's path has \(key.path.count) steps; at most \(pathElements) are allowed. Give the \
        entity fewer ancestors.
        """)
    }
    var size = key.namespace.isEmpty ? 16 : 16 + key.namespace.utf8.count + 1
    for (index, element) in key.path.enumerated() {
      try check(name: element.kind, what: "kind", writing: writing)
      size += element.kind.utf8.count + 1
      switch element.identifier {
      case .id(let id):
        guard id != 0 else {
          throw Violation(
            """
            The ID of kind "\(element.kind.clipped())" is 0, which means "none". Use another number.
            """)
        }
        size += 8
      case .name(let name):
        try check(name: name, what: "name of the key", writing: writing)
        size += name.utf8.count + 1
      case nil:
        guard index == key.path.count - 1 else {
          throw Violation(
            """
            The ancestor of kind "\(element.kind.clipped())" has no ID or name. Put the ancestor \
            first and use its complete key as the parent.
            """)
        }
        // The ID that the backend will assign.
        size += 8
      }
    }
    guard size <= keyBytes else {
      throw Violation(
        """
        The key is \(grouped(size)) bytes; at most \(grouped(keyBytes)) are allowed. Shorten kinds \
        and names, or give the entity fewer ancestors.
        """)
    }
    return size
  }

  private static func check(namespace: String, writing: Bool) throws(Violation) {
    if namespace.isEmpty { return }
    let bytes = namespace.utf8
    let allowed = bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard bytes.count <= namespaceBytes, allowed else {
      throw Violation(
        """
        The namespace "\(namespace.clipped(namespaceBytes))" of \(bytes.count) bytes is invalid. A \
        namespace has up to \(namespaceBytes) of the characters A-Z, a-z, 0-9, ".", "_" and "-". \
        Choose another name.
        """)
    }
    if writing, isReserved(namespace) {
      throw Violation("The namespace is reserved: it begins and ends with \"__\". Choose another.")
    }
  }

  private static func check(
    name: String, what: String, writing: Bool
  ) throws(Violation) {
    let count = name.utf8.count
    guard 1...nameBytes ~= count else {
      throw Violation(
        count == 0
          ? "The \(what) is empty. Give it 1 to \(grouped(nameBytes)) bytes of UTF-8."
          : """
          The \(what) is \(grouped(count)) bytes of UTF-8; at most \(grouped(nameBytes)) are \
          allowed. Shorten it.
          """)
    }
    if writing, isReserved(name) {
      throw Violation(
        """
        The \(what) is reserved: "\(name.clipped())" begins and ends with "__". Such keys can only \
        be read. Choose another name.
        """)
    }
  }
}
