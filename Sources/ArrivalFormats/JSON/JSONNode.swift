/// JSON as it stands in a text: members in order, and whole numbers apart from others.
///
/// Foundation's reader makes one type of all numbers, so that 1 and 1.0 are the same afterwards.
package indirect enum JSONNode: Sendable, Hashable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case double(Double)
  case string(String)
  case array([JSONNode])
  case object([Member])

  package struct Member: Sendable, Hashable {
    package var name: String
    package var value: JSONNode

    package init(_ name: String, _ value: JSONNode) {
      self.name = name
      self.value = value
    }
  }

  /// What it is, as a person would say.
  package var typeName: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .double: "a double"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// What is wrong with a text in JSON, and where.
package struct JSONProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// The byte, counted from 1; `nil` if the text is JSON and says what it may not.
  package var column: Int?
  package var message: String

  package init(_ message: String, column: Int? = nil) {
    self.message = message
    self.column = column
  }

  package var description: String { column.map { "column \($0): \(message)" } ?? message }
}
