// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// Reports blocking waits that hold a thread which others need, once for each call site.
enum BlockedThreads {
  /// How many call sites are told apart. Sites beyond these are not reported.
  private static let maxSites = 1024
  /// How many return addresses make up a call site, including those in this library.
  private static let siteDepth = 8

  private static let onPool = Lock<Set<[UInt]>>([])
  private static let atLimit = Lock<Set<[UInt]>>([])

  /// To be called by a thread that runs no job of ours and is about to sleep in a blocking wait.
  ///
  /// Waits that may be right are not reported: those of threads outside of tasks, of the main
  /// thread, and of tasks with an executor of their own, such as an event loop or a dispatch queue.
  ///
  /// Swift's cooperative pool has one thread per core and does not replace one that sleeps. Work
  /// that the future needs from our executors goes on; work that it needs from the pool may not.
  static func reportPool() {
    guard arrival_is_on_cooperative_pool(), isNew(in: onPool) else { return }
    Diagnostic.blocksCooperativePool(site: WaitSite.here(.blocking).description).report()
  }

  /// To be called by a thread whose wait makes its executor hold back new tasklets.
  static func reportLimit(of executor: TaskletExecutor) {
    guard isNew(in: atLimit) else { return }
    Diagnostic.blocksLastThread(
      executor: executor.name,
      threads: executor.loop.withLock { $0.parallelism + $0.maxSpareThreads },
      site: WaitSite.here(.blocking).description
    ).report()
  }

  /// Whether the calling code was not reported before.
  @inline(never)
  private static func isNew(in reported: borrowing Lock<Set<[UInt]>>) -> Bool {
    // Not in a closure: in a debug build its frames would leave no room for the caller's.
    let addresses = UnsafeMutablePointer<UInt>.allocate(capacity: siteDepth * 2)
    defer { addresses.deallocate() }
    var asyncStart = 0
    _ = arrival_capture(addresses, siteDepth * 2, &asyncStart)
    let count = min(asyncStart, siteDepth)
    let site = Array(UnsafeBufferPointer(start: addresses, count: count))
    return reported.withLock { $0.count < maxSites && $0.insert(site).inserted }
  }
}
