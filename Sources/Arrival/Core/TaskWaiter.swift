// SPDX-License-Identifier: Apache-2.0
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
