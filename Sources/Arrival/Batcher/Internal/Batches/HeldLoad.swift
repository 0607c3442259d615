// SPDX-License-Identifier: Apache-2.0
/// The source of a load's future that knows its request: the load may wait for its resource before
/// it waits for its batch, or later loads may change its deadline.
// `@unchecked Sendable`: never changes itself.
class HeldLoad: FutureSource, @unchecked Sendable {
  private let batcher: any HeldLoadOwner
  private let request: LoadRequest

  init(_ request: LoadRequest, batcher: any HeldLoadOwner) {
    self.batcher = batcher
    self.request = request
  }

  override func helpWaiter(mayRunHere: Bool) {
    batcher.threadWillBlock(for: request, mayRunHere: mayRunHere)
  }

  override func dependencies() -> Dependencies { batcher.dependencies(of: request) }

  override var kind: String { "key" }
  override var pendingText: String? { batcher.pendingText(of: request) }

  /// Another caller shares the load, until its deadline. Takes the lock of the batcher that has the
  /// load. That may be another than the caller's, if both have one cache.
  func share(until deadline: Nanoseconds?) {
    batcher.locked { request.share(until: deadline) }
  }

  override func futureDidComplete(_ future: FutureCore) {
    batcher.heldFutureCompleted(future, of: request)
  }

  override func lastWaiterLeft(_ future: FutureCore, byCancellation: Bool) {
    if byCancellation { batcher.abandon(future, of: self, at: .held(request)) }
  }
}

/// What a held load asks its batcher, and tells it.
protocol HeldLoadOwner: LoadOwner {
  /// A thread is about to sleep until the load's future is done.
  func threadWillBlock(for request: LoadRequest, mayRunHere: Bool)

  /// What the pending future of the load needs.
  func dependencies(of request: LoadRequest) -> Dependencies

  /// What the load waits for, for dumps.
  func pendingText(of request: LoadRequest) -> String

  /// The future of a load is done that is, or was, held.
  func heldFutureCompleted(_ future: FutureCore, of request: LoadRequest)
}
