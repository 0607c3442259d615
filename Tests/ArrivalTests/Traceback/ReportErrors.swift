import Arrival

/// An error with a message, and perhaps one that led to it.
struct Failed: CausedError, CustomStringConvertible {
  let description: String
  var cause: (any Error)?

  init(_ description: String, cause: (any Error)? = nil) {
    self.description = description
    self.cause = cause
  }
}

/// Several errors as one.
struct Several: ErrorGroup, CustomStringConvertible {
  let description: String
  let errorReports: [ErrorReport]
  var errors: [any Error] { errorReports.map(\.error) }

  init(_ description: String, _ reports: [ErrorReport]) {
    self.description = description
    errorReports = reports
  }

  init(_ description: String, errors: [any Error]) {
    self.init(description, errors.map { ErrorReport($0) })
  }
}

/// An error with an identity, whose cause can be set later: so it can be its own.
final class Loop: CausedError, CustomStringConvertible, @unchecked Sendable {
  let description: String
  // `@unchecked Sendable`: set by the one test that has it.
  var cause: (any Error)?

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
