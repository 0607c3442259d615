// SPDX-License-Identifier: Apache-2.0
/// An error that says that a backend broke a rule of the ``DatastoreContract``.
public struct ContractViolation: Error, CustomStringConvertible {
  /// What the rule requires.
  public var expected: String
  /// What the backend did.
  public var found: String
  /// The file of the check.
  public var fileID: String
  /// The line of the check.
  public var line: Int

  /// Makes a violation.
  public init(
    expected: String, found: String, fileID: String = #fileID, line: Int = #line
  ) {
    self.expected = expected
    self.found = found
    self.fileID = fileID
    self.line = line
  }

  /// One line: what was expected, what was found, and where it was checked.
  public var description: String { "expected \(expected); found \(found) (\(fileID):\(line))" }
}
