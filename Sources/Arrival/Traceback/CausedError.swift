/// An error that another one led to. An ``ErrorReport`` shows both.
///
/// ```swift
/// struct ConfigUnreadable: CausedError {
///   let cause: (any Error)?
/// }
/// ```
///
/// It is what `raise … from …` is in Python.
public protocol CausedError: Error {
  /// The error that led to this one; `nil` if none did.
  var cause: (any Error)? { get }

  /// The report of ``cause``; by default one without a traceback.
  var causeReport: ErrorReport? { get }
}

extension CausedError {
  /// The report of ``cause``, without a traceback.
  public var causeReport: ErrorReport? { cause.map { ErrorReport($0) } }
}

/// An error that stands for several, as when each of many operations failed. An ``ErrorReport``
/// shows it as a tree.
///
/// It is what `ExceptionGroup` is in Python.
public protocol ErrorGroup: Error {
  /// The errors it stands for.
  var errors: [any Error] { get }

  /// The reports of ``errors``; by default without tracebacks.
  var errorReports: [ErrorReport] { get }
}

extension ErrorGroup {
  /// The reports of ``errors``, without tracebacks.
  public var errorReports: [ErrorReport] { errors.map { ErrorReport($0) } }
}
