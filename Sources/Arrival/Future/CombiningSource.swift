// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// A source whose future is completed by other futures, its *upstreams*.
// `@unchecked Sendable`: as its base class; what it adds is atomic.
class CombiningSource: OwningSource, @unchecked Sendable {
  private let cancelled = Atomic<Bool>(false)

  /// Whether its future was cancelled, or dropped after it was abandoned.
  final var isCancelled: Bool {
    get { cancelled.load(ordering: .acquiring) }
    set { cancelled.store(newValue, ordering: .releasing) }
  }

  /// An upstream with which the source is registered under this number is done.
  func upstreamDone(_ index: Int, _ upstream: FutureCore) {
    fatalError("a combining source overrides upstreamDone(_:_:)")
  }

  /// Removes a registration. If that is not by a cancellation, errors of the upstream that are
  /// still to come are not reported.
  final func leave(_ upstream: FutureCore, _ registration: Registration) {
    let byCancellation = isCancelled
    upstream.removeCallback(registration)
    if !byCancellation { upstream.ignoreErrors() }
    upstream.waiterLeft(byCancellation: byCancellation)
  }

  override final func cancel(_ future: FutureCore) {
    isCancelled = true
    _ = future.fail(with: CancellationError())
  }
}

/// A source's place in the list of one of its upstreams.
// `@unchecked Sendable`: as its base class; it adds nothing that changes.
final class Registration: Waiter, @unchecked Sendable {
  let index: Int
  private let source: CombiningSource

  init(index: Int, source: CombiningSource) {
    self.index = index
    self.source = source
  }

  override func fire(_ future: FutureCore) { source.upstreamDone(index, future) }
}
