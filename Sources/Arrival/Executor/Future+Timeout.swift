// SPDX-License-Identifier: Apache-2.0
extension Future {
  /// A future with the result of this one if that arrives within `limit`. After that it fails with
  /// ``TimeoutError``, and this one goes on.
  ///
  /// The time is that of the executor, so a manual clock governs it in tests. The timer is removed
  /// as soon as the new future is done. Cancelling the new future abandons this one, as with
  /// ``map(function:file:line:_:)``.
  ///
  /// - Parameters:
  ///   - limit: zero or less fails the new future at once, unless this one is done.
  ///   - executor: by default where the calling tasklet runs, or else ``TaskletExecutor/shared``.
  ///     When it is shut down, the new future fails with ``ExecutorShutDown``.
  ///   - function: the function that calls this; left out.
  ///   - file: its file; left out.
  ///   - line: its line; left out.
  public func timeout(
    after limit: Duration, on executor: TaskletExecutor? = nil,
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Value> {
    let source = TimeoutSource(executor ?? .current)
    let site = SourceSite(function: function, file: file, line: line)
    let timed: Future<Value> = derive(site, source) { upstream, timed, _ in
      timed.complete(asArrivedAt: upstream)
    }
    source.start(timed, limit, of: self)
    return timed
  }
}

/// The source of a future with a time limit.
// `@unchecked Sendable`: as its base class; what it adds never changes.
class TimeoutSource: DerivedSource, @unchecked Sendable {
  private let timer: SourceTimer

  init(_ executor: TaskletExecutor) { timer = SourceTimer(executor) }

  final var executor: TaskletExecutor { timer.executor }

  /// - Parameter upstream: the future that the error names.
  final func start(_ future: FutureCore, _ limit: Duration, of upstream: FutureCore) {
    if future.done() { return }
    let name = executor.name
    let error = TimeoutError(limit: limit, waitingFor: upstream)
    timer.start(after: limit) { [weak self] reason in
      guard let future = self?.future else { return }
      switch reason {
      case .due: _ = future.fail(with: error)
      case .shutDown: _ = future.fail(with: ExecutorShutDown(executor: name))
      }
    }
  }

  override func futureDidComplete(_ future: FutureCore) {
    timer.stop()
    super.futureDidComplete(future)
  }

  override func futureWasDropped() {
    timer.stop()
    super.futureWasDropped()
  }

  /// The timer ends it, even if the other future never does.
  override func dependencies() -> Dependencies { .external }

  /// What it needs if its time never comes.
  final var dependenciesWithoutTimer: Dependencies { super.dependencies() }

  override func delegatesHelp(mayRunHere: inout Bool) -> [FutureCore]? {
    // The limit could not be kept while the tasklet ran on the waiting thread's stack.
    mayRunHere = false
    return super.delegatesHelp(mayRunHere: &mayRunHere)
  }
}
