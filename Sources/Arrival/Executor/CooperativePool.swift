internal import CArrival
internal import Synchronization

/// Tells of threads of Swift's own pool that are blocked in a wait.
///
/// The pool has one thread a core and starts no other for one that sleeps. What the future needs
/// from executors of ours goes on, what it needs from the pool may not.
enum CooperativePool {
  /// How many call sites are told apart; later ones are not reported.
  private static let maxSites = 1024
  /// How many return addresses make up a call site, those in this library too.
  private static let siteDepth = 8

  private static let reported = Lock<Set<[UInt]>>([])

  /// The calling thread, which runs no job of ours, is about to sleep in a blocking wait.
  ///
  /// Not reported is what cannot be told from right: threads outside tasks, the main thread, and
  /// tasks with an executor somebody gave them, such as an event loop or a dispatch queue.
  static func threadWillBlock() { if arrival_is_on_cooperative_pool() { report() } }

  @inline(never)
  private static func report() {
    // Not in a closure: in a debug build its frames would leave none for the caller's.
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
