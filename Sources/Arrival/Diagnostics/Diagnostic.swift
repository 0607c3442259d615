// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// A problem that no future can carry. By default each is printed on standard error.
///
/// ```swift
/// Diagnostic.setHandler { logger.warning("\($0)") }
/// ```
public enum Diagnostic: Sendable, CustomStringConvertible {
  /// A callback of ``TaskletExecutor/onQuiescence(_:)`` threw an error. It is not called again.
  case callbackThrew(executor: String, error: any Error)
  /// The system refused to start a thread; `code` is its error number. The work waits for another
  /// thread of the executor.
  case threadNotStarted(executor: String, code: Int32)
  /// A blocking wait holds a thread of Swift's cooperative pool. `site` is where, if that is known.
  ///
  /// Reported once for each place, as far as places can be told apart.
  case blocksCooperativePool(site: String?)
  /// A blocking wait holds an actor, and for five seconds nothing has run that could end it. If it
  /// waits for code of that actor, it never ends.
  ///
  /// `thread` says which actor, `site` where the wait is, and `awaited` what it cannot end without.
  /// Reported once for each place.
  case blocksActor(thread: String, site: String?, awaited: String)
  /// A cache of a batcher threw an error. The batcher goes on as if there were no cache.
  ///
  /// Reported once for each batcher, type of error and operation.
  case cacheFailed(batcher: String, operation: CacheOperation, error: any Error)
  /// So many threads of an executor are blocked in waits that it holds back new tasklets. `site` is
  /// where the wait is that reached the limit, if that is known; `threads` is the limit.
  ///
  /// Reported once for each place, as far as places can be told apart.
  case blocksLastThread(executor: String, threads: Int, site: String?)
  /// A future failed, and nobody looked at its error.
  ///
  /// `CancellationError` and the types given to ``UnobservedFailure/expect(_:)`` are not reported.
  case unobservedFailure(UnobservedFailure)

  public var description: String {
    switch self {
    case .callbackThrew(let executor, let error):
      "a quiescence callback of the executor \"\(executor)\" threw an error and will not be called"
        + " again: \(error)"
    case .threadNotStarted(let executor, let code):
      "the system could not start a thread for the executor \"\(executor)\" (error \(code)); raise"
        + " the limit of threads (ulimit -u) or lower maxSpareThreads"
    case .blocksCooperativePool(let site):
      "a blocking wait\(site.map { " in \($0)" } ?? "") holds a thread of Swift's cooperative pool,"
        + " which has one per core; make the waiting function async and await the future there, or"
        + " run it in a tasklet: Future { … }"
    case .blocksActor(let thread, let site, let awaited):
      "\(thread) blocks\(site.map { " in \($0)" } ?? ""), and for five seconds nothing has run that"
        + " could complete \(awaited); if that needs the same actor, both wait for ever; make the"
        + " waiting function async and await the future there"
    case .cacheFailed(let batcher, let operation, let error):
      "the cache of the batcher \"\(batcher)\" threw an error in \(operation.rawValue), and is"
        + " passed over when it does; further errors of this kind are only counted: \(error)"
    case .blocksLastThread(let executor, let threads, let site):
      "a blocking wait\(site.map { " in \($0)" } ?? "") takes the last of the \(threads) threads of"
        + " the executor \"\(executor)\"; new tasklets wait until a blocked thread goes on, or"
        + " begin one by one on further threads; await instead of blocking inside tasklets, or"
        + " raise maxSpareThreads"
    case .unobservedFailure(let failure): "\(failure)"
    }
  }
}

extension Diagnostic {
  /// In a struct: a closure stored directly in a `Lock` is wrapped once more at each access.
  private struct Handler {
    var body: @Sendable (Diagnostic) -> Void = Diagnostic.print
  }

  private static let handler = Lock(Handler())

  /// Replaces the handler of diagnostics. The default handler prints a line on standard error.
  ///
  /// The default handler prints at most eight unobserved failures of the futures created at one
  /// place. A handler is called on the thread that has the problem to report, and must not block.
  ///
  /// - Returns: The previous handler.
  @discardableResult
  public static func setHandler(
    _ body: @escaping @Sendable (Diagnostic) -> Void
  ) -> @Sendable (Diagnostic) -> Void {
    handler.withLock { handler in
      let previous = handler.body
      handler.body = body
      return previous
    }
  }

  /// Gives the diagnostic to the handler.
  func report() { Self.handler.withLock { $0.body }(self) }

  private static func print(_ diagnostic: Diagnostic) {
    if case .unobservedFailure(let failure) = diagnostic {
      return UnobservedFailurePrinter.print(failure)
    }
    writeToStandardError("arrival: \(diagnostic)")
  }
}
