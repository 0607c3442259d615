// SPDX-License-Identifier: Apache-2.0
import Arrival

/// An error with a message and the errors that led to it.
struct Failed: CausedError, CustomStringConvertible {
  let description: String
  let causes: [ErrorReport]

  init(_ description: String, causes: [ErrorReport]) {
    self.description = description
    self.causes = causes
  }

  init(_ description: String, cause: (any Error)? = nil) {
    self.init(description, causes: cause.map { [ErrorReport($0)] } ?? [])
  }
}

/// An error with an identity, whose cause can be set later, so that it can be its own cause.
final class Loop: CausedError, CustomStringConvertible, @unchecked Sendable {
  let description: String
  // `@unchecked Sendable`: set only by the test that made the error.
  var cause: (any Error)?
  var causes: [ErrorReport] { cause.map { [ErrorReport($0)] } ?? [] }

  init(_ description: String, cause: (any Error)? = nil) {
    self.description = description
    self.cause = cause
  }
}

extension Traceback.Frame {
  static let inMain = Self(function: "main", file: "x.swift", line: 7)
  static let inD = Self(function: "d", file: "x.swift", line: 12)
}

extension Traceback {
  static let inMain = Traceback(frames: [.inMain])
  static let inD = Traceback(frames: [.inMain, .inD])
}
