// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

extension FutureCore {
  // MARK: Blocking

  /// Blocks until the future is done. Only for a future that is not done.
  ///
  /// - Throws: ``OutOfThreads`` if the system starts no thread for the work.
  @usableFromInline
  func block() throws(OutOfThreads) { try block(for: nil, mayThrow: true) }

  /// Blocks until the future is done or the limit has passed, whatever becomes of other work. Only
  /// for a future that is not done.
  func blockAnyway(for limit: Duration? = nil) {
    // It throws only if it may.
    try? block(for: limit, mayThrow: false)
  }

  @inline(never)
  private func block(for limit: Duration?, mayThrow: Bool) throws(OutOfThreads) {
    let deadline = limit.map { monotonicNow().advanced(by: $0) }
    let thread = ThreadState.current
    let waiter = ThreadWaiter(.one(self), thread.parker, limit: limit)
    let source = source
    if waiter.owner != nil {
      // The tasklet that now runs here may wait for the tasklet that waits here.
      waiter.begin()
      if limit == nil { source?.willHoldUpTasklet() }
    }
    defer { waiter.end() }
    // A limit could not be kept while the tasklet ran on this very stack.
    source?.helpWaiter(mayRunHere: limit == nil)
    guard add(waiter) else { return }
    defer { remove(waiter) }
    if waiter.owner == nil { waiter.begin() } else { DeadlockCheck.failIfDeadlocked(by: waiter) }
    try thread.sleep(for: waiter, until: deadline, mayThrow: mayThrow) { self.done() }
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

  /// Puts a task on the list, or resumes it if it need not wait or is cancelled.
  private func register(_ waiter: TaskWaiter, _ continuation: UnsafeContinuation<Void, Never>) {
    waiter.continuation = continuation
    waiter.begin()
    if add(waiter) { DeadlockCheck.failIfDeadlocked(by: waiter) } else { waiter.fire(self) }
  }

  @usableFromInline
  nonisolated(nonsending) func suspendUnlessCancelled() async throws {
    let waiter = TaskWaiter(.one(self))
    if waiter.endWithOwner() {
      // The tasklet ends the wait when it is cancelled. A handler would cost 1,900 instructions.
      await withUnsafeContinuation { continuation in registerOwn(waiter, continuation) }
      waiter.end()
    } else {
      await suspendUnlessCancelled(waiter)
    }
    if done() { return }
    waiterLeft(byCancellation: true)
    throw CancellationError()
  }

  /// As `register`, for a wait that ends when its tasklet is cancelled; see
  /// `WaitOwner.leaveWait()`.
  private func registerOwn(_ waiter: TaskWaiter, _ continuation: UnsafeContinuation<Void, Never>) {
    register(waiter, continuation)
    if Task.isCancelled { waiter.leave() }
  }

  /// Suspends until the future is done, the task is cancelled, or the waiter is taken off the list.
  private nonisolated(nonsending) func suspendUnlessCancelled(_ waiter: TaskWaiter) async {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in register(waiter, continuation) }
    } onCancel: {
      waiter.leave()
    }
    waiter.end()
  }

  /// Suspends until the future is done, the task is cancelled or the limit has passed.
  nonisolated(nonsending) func suspend(for limit: Duration) async {
    let executor = TaskletExecutor.current
    let waiter = TaskWaiter(.one(self), limit: limit)
    let timer = executor.addTimer(after: limit) { [self] _ in
      if cancel(waiter) { waiter.fire(self) }
    }
    await suspendUnlessCancelled(waiter)
    executor.cancel(timer)
    if !done(), Task.isCancelled { waiterLeft(byCancellation: true) }
  }
}
