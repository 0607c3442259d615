internal import Synchronization

/// What concerns the library as a whole.
public enum Arrival {
  /// In a struct: a closure that stands alone in a `Lock` is wrapped once more at each access.
  private struct Handler {
    var body: @Sendable (Diagnostic) -> Void = Diagnostic.print
  }

  private static let handler = Lock(Handler())

  /// Replaces what is done with diagnostics; by default each is a line on standard error
  /// (of futures that failed unseen, eight at most for each place where they were made).
  ///
  /// The handler is called on whatever thread has something to report; it must not block.
  ///
  /// - Returns: what was done with them before.
  @discardableResult
  public static func onDiagnostic(
    _ body: @escaping @Sendable (Diagnostic) -> Void
  ) -> @Sendable (Diagnostic) -> Void {
    handler.withLock { handler in
      let previous = handler.body
      handler.body = body
      return previous
    }
  }

  static func report(_ diagnostic: Diagnostic) { handler.withLock { $0.body }(diagnostic) }
}

/// Something went wrong that no future could carry.
public enum Diagnostic: Sendable, CustomStringConvertible {
  /// A callback of ``TaskletExecutor/onQuiescence(_:)`` threw; it was taken off.
  case callbackThrew(executor: String, error: any Error)
  /// The system refused to start a thread; `code` is its error number. The work waits for another.
  case threadNotStarted(executor: String, code: Int32)
  /// A task on Swift's own cooperative pool blocks its thread in a wait. Reported once for each
  /// place, as far as places can be told apart; `site` is the place, if it is known.
  case blocksCooperativePool(site: String?)
  /// A future failed and nobody looked at its error. Not reported are `CancellationError` and types
  /// given to ``Arrival/expectErrors(of:)``.
  case unseenFailure(UnseenFailure)

  public var description: String {
    switch self {
    case .callbackThrew(let executor, let error):
      "a quiescence callback of the executor \"\(executor)\" threw and was taken off: \(error)"
    case .threadNotStarted(let executor, let code):
      "the system could not start a thread for the executor \"\(executor)\" (error \(code)); raise"
        + " the limit of threads (ulimit -u) or lower maxSpareThreads"
    case .blocksCooperativePool(let site):
      "a task blocks a thread of Swift's cooperative pool\(site.map { " in \($0)" } ?? ""), which"
        + " has one a core; make the function that waits async and await the future there, or run"
        + " it in a tasklet: Future { … }"
    case .unseenFailure(let failure): "\(failure)"
    }
  }

  func report() { Arrival.report(self) }

  static func print(_ diagnostic: Diagnostic) {
    if case .unseenFailure(let failure) = diagnostic { return UnseenFailurePrinter.print(failure) }
    writeToStandardError("arrival: \(diagnostic)")
  }
}
