internal import Synchronization

/// A thread asleep in a blocking wait.
// `@unchecked Sendable`: as its base class; what it adds never changes.
final class ThreadWaiter: PendingWait, @unchecked Sendable {
  private let parker: Parker

  init(_ targets: Targets, _ parker: Parker, limit: Duration? = nil) {
    self.parker = parker
    super.init(targets, .blocking, limit: limit)
  }

  override func fire(_ future: FutureCore) {
    setFired()
    parker.unpark()
  }

  /// Sleeps until the waiter is fired or the deadline has come.
  func sleep(until deadline: Nanoseconds?) {
    while !hasFired {
      if let deadline, monotonicNow() >= deadline { return }
      parker.park(until: deadline)
    }
  }
}

/// A task suspended in an `await`.
// `@unchecked Sendable`: as its base class; the continuation is resumed by the code that took the
// waiter off the list, and by nothing else.
final class TaskWaiter: PendingWait, @unchecked Sendable {
  /// Written once before the waiter is registered.
  @exclusivity(unchecked) var continuation: UnsafeContinuation<Void, Never>?

  init(_ targets: Targets, limit: Duration? = nil) {
    super.init(targets, .suspending, limit: limit)
  }

  override func fire(_ future: FutureCore) { wake() }

  func wake() {
    setFired()
    continuation.take()?.resume()
  }
}
