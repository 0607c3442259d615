// SPDX-License-Identifier: Apache-2.0
internal import CArrival

/// A task suspended in an `await`.
// `@unchecked Sendable`: as its base class; the continuation is resumed by the code that took the
// waiter off the list, and by nothing else.
final class TaskWaiter: PendingWait, @unchecked Sendable {
  /// Written once before the waiter is registered.
  @exclusivity(unchecked) var continuation: UnsafeContinuation<Void, Never>?

  /// The innermost async frame of the task.
  @exclusivity(unchecked) private var context: UInt = 0
  /// The wait ends when its tasklet is cancelled: the tasklet's own task waits.
  @exclusivity(unchecked) private(set) var endsWithOwner = false

  init(_ targets: Targets, limit: Duration? = nil) {
    super.init(targets, .suspending, limit: limit)
  }

  /// Lets the owner end the wait, if the owner's own task waits. Returns whether it does.
  func endWithOwner() -> Bool {
    endsWithOwner = owner?.isOwnTask ?? false
    return endsWithOwner
  }

  // Read only when it is asked for: looking at eight frames cost as much as the rest of `begin()`.
  override var site: WaitSite {
    // The frames stay as they are until the task is resumed, which comes after `hasFired`. Their
    // memory stays readable until the wait has left its list.
    let site = hasFired ? nil : readListed { WaitSite(ofSuspended: context) }
    return hasFired ? .unknown : site ?? .unknown
  }

  override func noteSite() { context = arrival_async_context() }

  override func fire(_ future: FutureCore) { wake() }

  /// The task stops waiting for its one future, because it was cancelled. May be called more than
  /// once, and before the waiter is registered.
  func leave() {
    guard case .one(let future) = targets else { return }
    // A wait that was cancelled holds up nothing any more.
    setFired()
    // The code that takes the waiter off the list resumes it, so it is resumed once.
    if future.cancel(self) { wake() }
  }

  func wake() {
    setFired()
    continuation.take()?.resume()
  }
}
