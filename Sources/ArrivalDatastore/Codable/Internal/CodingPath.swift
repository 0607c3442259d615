// SPDX-License-Identifier: Apache-2.0
/// A place inside a value, as a linked list from the inside out. Going deeper copies nothing. The
/// array that `Codable` requires is built only when it is read.
final class CodingPath: Sendable {
  let parent: CodingPath?
  let step: StepKey

  init(_ parent: CodingPath?, _ key: any CodingKey) {
    self.parent = parent
    self.step = (key as? StepKey) ?? StepKey(key)
  }

  init(_ parent: CodingPath?, index: Int) {
    self.parent = parent
    self.step = StepKey(index: index)
  }

  /// The steps, the outermost first.
  static func steps(_ path: CodingPath?) -> [any CodingKey] {
    var steps: [any CodingKey] = []
    var place = path
    while let here = place {
      steps.append(here.step)
      place = here.parent
    }
    return steps.reversed()
  }

  /// The path as messages show it, such as `address.lines[3]`. `nil` at the top level.
  static func text(_ steps: [any CodingKey]) -> String? {
    var text = ""
    for step in steps {
      if let step = step as? StepKey, step.isIndex {
        text += "[\(step.stringValue)]"
      } else {
        text += text.isEmpty ? step.stringValue : ".\(step.stringValue)"
      }
    }
    return text.isEmpty ? nil : text
  }
}

/// One step: the name of a property, or an index of an array.
struct StepKey: CodingKey {
  let stringValue: String
  let intValue: Int?
  /// Whether the step is an index of an array. A property can look like a number too.
  let isIndex: Bool

  init(_ key: any CodingKey) {
    stringValue = key.stringValue
    intValue = key.intValue
    isIndex = false
  }

  init(index: Int) {
    stringValue = String(index)
    intValue = index
    isIndex = true
  }

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
    isIndex = false
  }

  init(intValue: Int) {
    stringValue = String(intValue)
    self.intValue = intValue
    isIndex = false
  }

  static let `super` = StepKey(stringValue: "super")
}
