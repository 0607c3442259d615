// SPDX-License-Identifier: Apache-2.0
/// The name of a function for the reader of a traceback, made from the linker's name.
///
/// It is the value of `#function` with the type in front: `load(_:)`, `User.load(_:)`, `closure #1
/// in User.load(_:)`. Code that the compiler makes from a function (the parts after each `await`,
/// specialisations, forwarders) has the name of that function.
struct SymbolName: Hashable, Sendable {
  /// What kind of code has the name.
  enum Role: Hashable, Sendable {
    /// A function of the source.
    case function
    /// Made by the compiler to call a function of the source. It has that function's name.
    case forwarder
    /// Made by the compiler, with nothing in the source that it corresponds to.
    case glue
  }

  let function: String
  let role: Role
  /// Whether the function belongs to Arrival, to Swift's runtime or to the start of a thread.
  let isRuntime: Bool

  init(_ rawName: String) {
    let text = Demangler.short(rawName) ?? rawName
    var name = ShownName(text)
    // The parts of a program's entry after each `await` have its name.
    if rawName.hasPrefix("async_Main") { name.role = .glue }
    function = name.text
    role = name.role
    isRuntime = RuntimeCode.contains(rawName: rawName, demangled: text)
  }
}

/// A demangled name, shortened.
private struct ShownName {
  var text: String
  var role = SymbolName.Role.function

  /// Prefixes of code that is part of the function named behind them.
  private static let partPrefixes = [
    "specialized ", "merged ", "static ", "class ", "@objc ", "@nonobjc ",
  ]
  private static let forwarderPrefixes = [
    "partial apply for ", "dispatch thunk of ", "curry thunk of ", "vtable thunk for ",
    "distributed thunk ",
  ]
  private static let gluePrefixes = [
    "thunk for ", "reabstraction thunk", "outlined ", "key path ", "Swift runtime failure: ",
    "type metadata ", "autodiff ",
  ]
  private static let accessors = [
    ".getter", ".setter", ".modify", ".modify2", ".read", ".read2", ".willset", ".didset",
    ".unsafeAddressor", ".unsafeMutableAddressor",
  ]

  init(_ demangled: String) {
    text = demangled
    takePrefixes()
    takeWitness()
    if Self.gluePrefixes.contains(where: text.hasPrefix) || text.hasSuffix(".$main()") {
      role = .glue
    }
    // The contexts of a closure are functions too.
    let contexts = text.splitOutside(" in ").map(Self.function)
    // The top-level code of a program has no name.
    text = contexts.filter { !$0.isEmpty }.joined(separator: " in ")
    for name in ["__allocating_init(", "__deallocating_deinit"] {
      guard let range = text.firstRange(of: name), role != .glue else { continue }
      text.replaceSubrange(range, with: name.hasSuffix("(") ? "init(" : "deinit")
      role = .forwarder
    }
  }

  private mutating func takePrefixes() {
    var isChanged = true
    while isChanged {
      isChanged = false
      for prefix in Self.partPrefixes where text.hasPrefix(prefix) {
        text.removeFirst(prefix.count)
        isChanged = true
      }
      for prefix in Self.forwarderPrefixes where text.hasPrefix(prefix) {
        text.removeFirst(prefix.count)
        role = .forwarder
        isChanged = true
      }
    }
  }

  /// `protocol witness for P.f() in conformance T` calls `T.f()`.
  private mutating func takeWitness() {
    let prefix = "protocol witness for "
    guard text.hasPrefix(prefix) else { return }
    role = .forwarder
    text.removeFirst(prefix.count)
    let parts = text.splitOutside(" in conformance ")
    guard parts.count == 2 else { return }
    let requirement = Self.function(parts[0])
    // The last component of the name, without the protocol.
    let name = requirement.prefix { $0 != "(" }
    guard let dot = name.dropLast().lastIndex(of: ".") else { return }
    text = parts[1].withoutGenerics + String(requirement[dot...])
  }

  /// The name of one function without attributes, accessors, numbers and generic arguments.
  private static func function(_ part: String) -> String {
    var name = part
    for prefix in partPrefixes where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
    for accessor in accessors where name.hasSuffix(accessor) {
      name.removeLast(accessor.count)
    }
    for fixity in [" infix(", " prefix(", " postfix("] {
      if let range = name.firstRange(of: fixity) { name.replaceSubrange(range, with: "(") }
    }
    return name.withoutLocalNumber.withoutGenerics
  }
}

extension String {
  /// The parts between the occurrences of a separator outside of brackets.
  fileprivate func splitOutside(_ separator: String) -> [String] {
    var parts: [String] = []
    var depth = 0
    var start = startIndex
    var next = startIndex
    while next < endIndex {
      switch self[next] {
      case "(", "[", "{": depth += 1
      case ")", "]", "}": depth -= 1
      default: break
      }
      if depth == 0, self[next...].hasPrefix(separator) {
        parts.append(String(self[start..<next]))
        next = index(next, offsetBy: separator.count)
        start = next
      } else {
        next = index(after: next)
      }
    }
    return parts + [String(self[start...])]
  }

  /// Without the number of a local function, as in `inner #1 (_:)`. `#function` has no number.
  fileprivate var withoutLocalNumber: String {
    guard let start = firstRange(of: " #"),
      let end = self[start.upperBound...].firstIndex(where: { !$0.isNumber }),
      self[end...].hasPrefix(" (")
    else { return self }
    return String(self[..<start.lowerBound] + self[index(after: end)...])
  }

  /// Without `<…>` behind names. An operator `<` is not behind a name.
  fileprivate var withoutGenerics: String {
    guard contains("<") else { return self }
    var result = ""
    var depth = 0
    var last: Character = " "
    for character in self {
      if character == "<", depth > 0 || last.isLetter || last.isNumber || last == "_" || last == ")"
      {
        depth += 1
      } else if character == ">", depth > 0 {
        // The arrow of a function type is not a closing bracket.
        if last != "-" { depth -= 1 }
      } else if depth == 0 {
        result.append(character)
      }
      last = character
    }
    return depth == 0 ? result : self
  }
}
