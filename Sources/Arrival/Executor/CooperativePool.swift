internal import CArrival
internal import Synchronization

/// Reports blocking waits that hold a thread of Swift's cooperative pool.
///
/// The pool has one thread per core and does not replace one that sleeps. Work that the future
/// needs from our executors goes on; work that it needs from the pool may not.
enum CooperativePool {
  /// How many call sites are told apart. Sites beyond these are not reported.
  private static let maxSites = 1024
  /// How many return addresses make up a call site, including those in this library.
  private static let siteDepth = 8

  private static let reported = Lock<Set<[UInt]>>([])

  /// To be called by a thread that runs no job of ours and is about to sleep in a blocking wait.
  ///
  /// Waits that may be right are not reported: those of threads outside of tasks, of the main
  /// thread, and of tasks with an executor of their own, such as an event loop or a dispatch queue.
  static func threadWillBlock() { if arrival_is_on_cooperative_pool() { report() } }

  @inline(never)
  private static func report() {
    // Not in a closure: in a debug build its frames would leave no room for the caller's.
    let addresses = UnsafeMutablePointer<UInt>.allocate(capacity: siteDepth * 2)
    defer { addresses.deallocate() }
    var asyncStart = 0
    _ = arrival_capture(addresses, siteDepth * 2, &asyncStart)
    let count = min(asyncStart, siteDepth)
    let site = Array(UnsafeBufferPointer(start: addresses, count: count))
    let isNew = reported.withLock { $0.count < maxSites && $0.insert(site).inserted }
    if isNew {
      Diagnostic.blocksCooperativePool(site: WaitSite.here(.blocking).description).report()
    }
  }
}
