internal import Synchronization

/// What concerns the library as a whole.
public enum Arrival {
  private static let handler = Mutex<@Sendable (Diagnostic) -> Void>(Diagnostic.print)

  /// Replaces what is done with diagnostics; by default each is a line on standard error.
  ///
  /// The handler is called on whatever thread has something to report; it must not block.
  public static func onDiagnostic(_ body: @escaping @Sendable (Diagnostic) -> Void) {
    handler.withLock { $0 = body }
  }

  static func report(_ diagnostic: Diagnostic) { handler.withLock { $0 }(diagnostic) }
}

/// Something went wrong that no future could carry.
public enum Diagnostic: Sendable, CustomStringConvertible {
  /// A callback of ``TaskletExecutor/onQuiescence(_:)`` threw; it was taken off.
  case callbackThrew(executor: String, error: any Error)
  /// The system refused to start a thread; `code` is its error number. The work waits for another.
  case threadNotStarted(executor: String, code: Int32)

  public var description: String {
    switch self {
    case .callbackThrew(let executor, let error):
      "a quiescence callback of the executor \"\(executor)\" threw and was taken off: \(error)"
    case .threadNotStarted(let executor, let code):
      "the system could not start a thread for the executor \"\(executor)\" (error \(code)); raise"
        + " the limit of threads (ulimit -u) or lower maxSpareThreads"
    }
  }

  func report() { Arrival.report(self) }

  static func print(_ diagnostic: Diagnostic) { writeToStandardError("arrival: \(diagnostic)") }
}
