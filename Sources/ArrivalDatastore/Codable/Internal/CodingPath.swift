/// A place inside a value, as a chain from the inside out: nothing is copied on the way in, and the
/// array that `Codable` asks for is made only for those who look.
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

  /// The steps from the outside in.
  static func steps(_ path: CodingPath?) -> [any CodingKey] {
    var steps: [any CodingKey] = []
    var place = path
    while let here = place {
      steps.append(here.step)
      place = here.parent
    }
    return steps.reversed()
  }

  /// The steps as people write them: `address.lines[3]`; `nil` outside of all properties.
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

/// One step: the name of a property, or a place in an array.
struct StepKey: CodingKey {
  let stringValue: String
  let intValue: Int?
  /// Whether it is a place in an array, and not a property that looks like a number.
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
