// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

extension FutureCore {
  /// Asks the operation to end early. Does nothing to a future that is done.
  ///
  /// A tasklet's task is cancelled, and the future is done when the tasklet ends: with
  /// `CancellationError` if the tasklet let that through, or with its result if it finished all the
  /// same. Any other future fails with `CancellationError` at once, and the result that would have
  /// completed it later is dropped.
  public func cancel() {
    let (isPending, link) = state.withLock { state in
      (!isDone.load(ordering: .relaxed), state.link)
    }
    guard isPending else { return }
    if let link { link.source.cancel(self) } else { _ = fail(with: CancellationError()) }
  }

  /// Whether the future ended with `CancellationError`.
  public var isCancelled: Bool { done() && failure?.error is CancellationError }
}
