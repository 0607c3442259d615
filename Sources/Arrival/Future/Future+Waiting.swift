public import Synchronization

extension FutureCore {
  /// Whether a value or an error has arrived. Never waits and runs no work.
  @inlinable
  public func done() -> Bool { isDone.load(ordering: .acquiring) }

  /// Blocks the thread until a value or an error has arrived. Never throws.
  public func wait() {
    if done() { return }
    do throws(OutOfThreads) { try block(for: nil) } catch { _ = fail(with: error) }
  }

  /// Suspends the task until a value or an error has arrived. Never throws; waits on if the task
  /// is cancelled, as `Task.result` does.
  public nonisolated(nonsending) func wait() async { if !done() { await suspend() } }

  /// Blocks the thread until the future is done, for at most `limit`; answers whether it is done.
  public func wait(for limit: Duration) -> Bool {
    // A wait with a limit is never refused.
    if !done() { try? block(for: limit) }
    return done()
  }

  /// Suspends the task until the future is done, for at most `limit`; answers whether it is done.
  /// A cancelled task stops waiting at once.
  ///
  /// The time is that of the executor whose tasklet asks, so a manual clock governs it in tests.
  public nonisolated(nonsending) func wait(for limit: Duration) async -> Bool {
    if !done() { await suspend(for: limit) }
    return done()
  }

  /// Blocks until the future is done.
  /// - Throws: the error that arrived, if one did.
  public func checkSuccess() throws {
    if !done() { try block(for: nil) }
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

  // MARK: Cancelling

  /// Asks the operation to end early. Does nothing to a future that is done.
  ///
  /// A tasklet's task is cancelled, and the future is done when the tasklet ends: with
  /// `CancellationError` if it let that through, or with its result if it finished all the same.
  /// Any other future fails with `CancellationError` at once, and what would have completed it
  /// later is dropped.
  public func cancel() {
    let (isPending, source) = state.withLock { state in
      (!isDone.load(ordering: .relaxed), state.source)
    }
    guard isPending else { return }
    if let source { source.cancel(self) } else { _ = fail(with: CancellationError()) }
  }

  /// Whether the future ended with `CancellationError`.
  public var isCancelled: Bool { done() && failure?.error is CancellationError }

  // MARK: Blocking

  /// Blocks until the future is done or the limit has passed. For a future that is not done.
  @usableFromInline
  @inline(never)
  func block(for limit: Duration?) throws(OutOfThreads) {
    let deadline = limit.map { monotonicNow().advanced(by: $0) }
    let thread = ThreadState.current
    let waiter = ThreadWaiter(.one(self), thread.parker, limit: limit)
    let source = source
    if waiter.tasklet != nil {
      // The tasklet that runs here now may wait for the one that waits here.
      waiter.begin()
      if limit == nil { source?.willHoldUpTasklet() }
    }
    defer { waiter.end() }
    // A limit could not be kept while the tasklet ran on this very stack.
    source?.advance(mayRun: limit == nil)
    guard add(waiter) else { return }
    defer { remove(waiter) }
    if waiter.tasklet == nil { waiter.begin() } else { DeadlockCheck.closes(waiter) }
    try thread.sleep(for: waiter, until: deadline) { self.done() }
  }

  // MARK: Suspending

  nonisolated(nonsending) func suspend() async {
    let waiter = TaskWaiter(.one(self))
    await withUnsafeContinuation { continuation in register(waiter, continuation) }
    waiter.end()
    // What the caller reads now was written before this flag. A resumption that comes before the
    // suspension orders it too, but not where the thread sanitizer sees it.
    _ = isDone.load(ordering: .acquiring)
  }

  /// Puts a task on the list, or resumes it if it need not or may not wait.
  private func register(_ waiter: TaskWaiter, _ continuation: UnsafeContinuation<Void, Never>) {
    waiter.continuation = continuation
    waiter.begin()
    if add(waiter) { DeadlockCheck.closes(waiter) } else { waiter.fire(self) }
  }

  /// Suspends until the future is done, the task is cancelled or somebody takes the waiter off.
  nonisolated(nonsending) func suspendUnlessCancelled(_ waiter: TaskWaiter) async {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in register(waiter, continuation) }
    } onCancel: {
      // A wait that was cancelled holds up nobody any more.
      waiter.setFired()
      // Whoever takes the waiter off the list resumes it, so it is resumed once.
      if cancel(waiter) { waiter.fire(self) }
    }
    waiter.end()
  }

  @usableFromInline
  nonisolated(nonsending) func suspendUnlessCancelled() async throws {
    await suspendUnlessCancelled(TaskWaiter(.one(self)))
    if done() { return }
    left(byCancellation: true)
    throw CancellationError()
  }

  /// Suspends until the future is done, the task is cancelled or the limit has passed.
  nonisolated(nonsending) func suspend(for limit: Duration) async {
    let executor = TaskletExecutor.current
    let waiter = TaskWaiter(.one(self), limit: limit)
    let timer = executor.addTimer(after: limit) { [self] in
      if cancel(waiter) { waiter.fire(self) }
    }
    await suspendUnlessCancelled(waiter)
    executor.cancel(timer)
    if !done(), Task.isCancelled { left(byCancellation: true) }
  }
}
