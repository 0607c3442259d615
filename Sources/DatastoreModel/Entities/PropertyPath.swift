// SPDX-License-Identifier: Apache-2.0
/// The name of a property in a mask or a transform: the names of nested entities and of the
/// property, separated by dots.
///
/// A backslash makes the character after it a part of the name.
package struct PropertyPath: Sendable, Hashable {
  /// The names, from the outermost property to the innermost one.
  package var names: [String]

  /// Reads a path. `nil` if a name is empty or the text ends with a backslash.
  package init?(_ text: String) {
    var names: [String] = []
    var name = ""
    var isEscaped = false
    for character in text.unicodeScalars {
      if isEscaped {
        name.unicodeScalars.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "." {
        names.append(name)
        name = ""
      } else {
        name.unicodeScalars.append(character)
      }
    }
    names.append(name)
    if isEscaped || names.contains("") { return nil }
    self.names = names
  }

  /// The text of a path of one name.
  package static func escaped(_ name: String) -> String {
    guard name.utf8.contains(UInt8(ascii: ".")) || name.utf8.contains(UInt8(ascii: "\\")) else {
      return name
    }
    var text = ""
    for character in name.unicodeScalars {
      if character == "." || character == "\\" { text += "\\" }
      text.unicodeScalars.append(character)
    }
    return text
  }
}

/// Properties of a tree of nested entities.
package struct PropertyMask: Sendable {
  private enum Part: Sendable {
    case whole
    case parts([ExactText: Part])
  }

  private var root: [ExactText: Part] = [:]

  /// Reads a mask, which must be valid.
  package init(_ paths: [String]) {
    for path in paths {
      guard let path = PropertyPath(path) else { continue }
      Self.add(path.names[...], to: &root)
    }
  }

  private static func add(_ names: ArraySlice<String>, to parts: inout [ExactText: Part]) {
    guard let name = names.first else { return }
    if names.count == 1 {
      parts[ExactText(name)] = .whole
      return
    }
    var inner: [ExactText: Part] = [:]
    switch parts[ExactText(name)] {
    case .whole?: return
    case .parts(let known)?: inner = known
    case nil: break
    }
    add(names.dropFirst(), to: &inner)
    parts[ExactText(name)] = .parts(inner)
  }

  /// An entity with only the properties of the mask.
  package func applied(to entity: Entity) -> Entity {
    var masked = entity
    masked.properties = Self.kept(entity.properties, root)
    return masked
  }

  private static func kept(
    _ properties: Entity.Properties, _ parts: [ExactText: Part]
  ) -> Entity.Properties {
    var result: Entity.Properties = [:]
    for (name, part) in parts.lazy.map({ ($0.key.text, $0.value) }) {
      guard let property = properties[name] else { continue }
      switch part {
      case .whole: result[name] = property
      case .parts(let inner):
        guard case .entity(var entity) = property.value else { continue }
        entity.properties = kept(entity.properties, inner)
        result[name] = property
        result[name]?.value = .entity(entity)
      }
    }
    return result
  }

  /// The stored properties with those of the mask replaced by the new ones.
  package func merged(
    _ new: Entity.Properties, over old: Entity.Properties
  ) -> Entity.Properties {
    Self.merged(new, over: old, root)
  }

  private static func merged(
    _ new: Entity.Properties, over old: Entity.Properties, _ parts: [ExactText: Part]
  ) -> Entity.Properties {
    var result = old
    for (name, part) in parts.lazy.map({ ($0.key.text, $0.value) }) {
      switch part {
      case .whole: result[name] = new[name]
      case .parts(let inner):
        let given = new[name]?.value.entityValue
        guard var entity = old[name]?.value.entityValue ?? given.map({ Entity($0.key) }) else {
          continue
        }
        entity.properties = merged(given?.properties ?? [:], over: entity.properties, inner)
        result[name] = old[name] ?? new[name] ?? Entity.Property(.entity(entity))
        result[name]?.value = .entity(entity)
      }
    }
    return result
  }
}
