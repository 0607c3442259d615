// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Refuses blocking waits on threads that must never block, such as those of event loops.
package enum BlockingRefusal {
  private struct Check {
    var body: @Sendable () -> String?
  }

  private static let isSet = Atomic<Bool>(false)
  private static let check = Lock<Check?>(nil)

  /// - Parameter body: the message for the calling thread; `nil` if it may block.
  package static func set(_ body: @escaping @Sendable () -> String?) {
    check.withLock { $0 = Check(body: body) }
    isSet.store(true, ordering: .releasing)
  }

  /// To be called by a thread that is about to wait for a future that is not done.
  static func trapIfRefused() {
    guard isSet.load(ordering: .relaxed), let message = check.withLock({ $0 })?.body() else {
      return
    }
    // A failed precondition prints no message in a release build.
    fatalError(message + (WaitSite.here(.blocking).description.map { "\n- the wait: \($0)" } ?? ""))
  }
}
