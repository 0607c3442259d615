// SPDX-License-Identifier: Apache-2.0
extension FutureCore {
  /// Blocks the thread until a value or an error has arrived. Never throws.
  public func wait() {
    if !done() { blockAnyway() }
  }

  /// Suspends the task until a value or an error has arrived. Never throws, and goes on waiting if
  /// the task is cancelled, as `Task.result` does.
  public nonisolated(nonsending) func wait() async { if !done() { await suspend() } }

  /// Blocks the thread until the future is done, for at most `limit`. Returns whether it is done.
  public func wait(for limit: Duration) -> Bool {
    if !done() { blockAnyway(for: limit) }
    return done()
  }

  /// Suspends the task until the future is done, for at most `limit`. Returns whether it is done.
  /// A cancelled task stops waiting at once.
  ///
  /// The time is that of the calling tasklet's executor, so a manual clock governs it in tests.
  public nonisolated(nonsending) func wait(for limit: Duration) async -> Bool {
    if !done() { await suspend(for: limit) }
    return done()
  }

  /// Blocks until the future is done.
  /// - Throws: the error that arrived, if one did; ``OutOfThreads`` as `getResult()` does.
  public func checkSuccess() throws {
    if !done() { try block() }
    if let failure { throw failure.raise() }
  }

  /// Suspends until the future is done.
  /// - Throws: the error that arrived, if one did; `CancellationError` as soon as the waiting task
  ///   is cancelled.
  public nonisolated(nonsending) func checkSuccess() async throws {
    if !done() { try await suspendUnlessCancelled() }
    if let failure { throw failure.raise() }
  }

  /// The error that arrived, not thrown; `nil` if a value arrived. Blocks until the future is done.
  public func getException() -> (any Error)? {
    wait()
    return failure?.look()
  }

  /// The error that arrived, not thrown; `nil` if a value arrived. Suspends until the future is
  /// done.
  public nonisolated(nonsending) func getException() async -> (any Error)? {
    await wait()
    return failure?.look()
  }

  /// Where the error came from; `nil` if a value arrived. Blocks until the future is done.
  public func getTraceback() -> Traceback? {
    wait()
    return failure?.lookAtTraceback()
  }

  /// Where the error came from; `nil` if a value arrived. Suspends until the future is done.
  public nonisolated(nonsending) func getTraceback() async -> Traceback? {
    await wait()
    return failure?.lookAtTraceback()
  }
}
