// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// One error that fails many futures: a batch's error, or that of an executor that is shut down.
///
/// It is reported once, when the last of the futures is freed, unless some code looked at one.
final class FanOut: Sendable {
  private struct Unobserved {
    let trace: Trace
    let error: any Error
    var count = 1
  }

  private let observed = Atomic<Bool>(false)
  private let unobserved = Lock<Unobserved?>(nil)

  deinit {
    if observed.load(ordering: .relaxed) { return }
    guard let unobserved = unobserved.withLock({ $0 }) else { return }
    UnobservedFailure.report(unobserved.trace, unobserved.error, count: unobserved.count)
  }

  func wasObserved() { observed.store(true, ordering: .relaxed) }

  /// A future was freed, and no code had looked at its error.
  func add(_ trace: Trace, _ error: any Error) {
    if observed.load(ordering: .relaxed) { return }
    unobserved.withLock { unobserved in
      if unobserved == nil {
        unobserved = Unobserved(trace: trace, error: error)
      } else {
        unobserved?.count += 1
      }
    }
  }
}
