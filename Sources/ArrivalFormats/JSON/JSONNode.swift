// SPDX-License-Identifier: Apache-2.0
/// A JSON value that keeps the order of members and the difference between 1 and 1.0.
///
/// Foundation's reader has one type for all numbers, so 1 and 1.0 are the same to it.
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

  /// The type in the words of a message: `an array`.
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

/// What is wrong with a JSON text, and where.
package struct JSONProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// The byte in the line, counted from 1; `nil` if the text is valid JSON but not an entity.
  package var column: Int?
  package var message: String
  /// Whether a number is the problem: the text is valid JSON, but the number does not fit.
  package var isNumber: Bool

  package init(_ message: String, column: Int? = nil, isNumber: Bool = false) {
    self.message = message
    self.column = column
    self.isNumber = isNumber
  }

  package var description: String { column.map { "column \($0): \(message)" } ?? message }
}
