// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// One wait of a thread or a task that is about to sleep: what waits, for what, and since when.
///
/// It is on its owner's list, or on that of the waits outside of tasklets, from before it is
/// registered with a future until it has ended. The wait-for graph and dumps read these lists.
///
/// `@unchecked Sendable`: the links belong to the lock of the list; the rest is atomic or never
/// changes.
class PendingWait: Waiter, @unchecked Sendable {
  /// What a wait is for. Futures that are done may be among them.
  enum Targets {
    case one(FutureCore)
    case all([FutureCore])
    case any([FutureCore])
    /// As if it were for a future of this source.
    case source(FutureSource)
  }

  let targets: Targets
  let manner: WaitManner
  /// The wait ends by itself after this time.
  let limit: Duration?
  /// The tasklet that cannot end before this wait does; `nil` for a wait outside of any.
  let owner: WaitOwner?
  /// In the time of the owner.
  let began: Nanoseconds
  /// Set by what ends the wait, before the sleeper is woken.
  private let fired = Atomic<Bool>(false)

  @exclusivity(unchecked) fileprivate final var olderWait = OlderLink<PendingWait>()
  @exclusivity(unchecked) fileprivate final var newerWait = NewerLink<PendingWait>()

  init(_ targets: Targets, _ manner: WaitManner, limit: Duration? = nil) {
    let owner = WaitOwner.enclosing
    self.targets = targets
    self.manner = manner
    self.limit = limit
    self.owner = owner
    began = owner?.manualNow ?? arrival_coarse_nanoseconds()
  }

  /// Whether the wait is over, or will be as soon as the sleeper has woken up.
  final var hasFired: Bool { fired.load(ordering: .acquiring) }

  /// To be called once when the wait ends, before the sleeper is woken.
  final func setFired() { fired.store(true, ordering: .releasing) }

  /// A wait outside of tasklets holds up none.
  override var mayHoldUpTasklet: Bool { owner != nil }

  /// How long it has lasted.
  ///
  /// - Parameter now: the system's coarse time. The clock of a manual executor goes before it.
  final func age(at now: Nanoseconds) -> Nanoseconds {
    let now = owner?.manualNow ?? now
    return now > began ? now - began : 0
  }

  // MARK: The place

  /// Where it began; unknown once it has ended.
  var site: WaitSite { fatalError("a wait overrides site") }

  /// Called once in the waiting code, before another thread can find the wait.
  func noteSite() { fatalError("a wait overrides noteSite()") }

  /// Reads something of the waiting code, which cannot go on meanwhile. `nil` if the wait is over.
  final func readListed<Result>(_ read: () -> Result) -> Result? {
    if let owner { return owner.waits.withLock { $0.contains(self) ? read() : nil } }
    return OutsideWaits.read(self, read)
  }

  // MARK: The list

  /// Puts the wait on its list. To be called before it is registered with a future: a thread that
  /// finds it there finds it on the list too.
  final func begin() {
    // Not in `init`: an async function that ends in a call with arguments on the stack, as the one
    // that makes waiters does, has its return address elsewhere, and a walk finds nothing.
    noteSite()
    if let owner {
      owner.waits.withLock { $0.add(self) }
    } else {
      OutsideWaits.add(self)
    }
  }

  /// The wait has ended.
  final func end() {
    if let owner {
      owner.waits.withLock { _ = $0.remove(self) }
    } else {
      OutsideWaits.remove(self)
    }
  }
}

/// The list of an owner's waits.
enum WaitLinkage: ListLinkage {
  static subscript(older node: PendingWait) -> OlderLink<PendingWait> {
    @inline(__always) get { node.olderWait }
    @inline(__always) _modify { yield &node.olderWait }
  }
  static subscript(newer node: PendingWait) -> NewerLink<PendingWait> {
    @inline(__always) get { node.newerWait }
    @inline(__always) _modify { yield &node.newerWait }
  }
}

typealias WaitList = IntrusiveList<WaitLinkage>

extension WaitList {
  /// The newest `limit` waits that have not fired, the oldest first.
  func current(limit: Int) -> [PendingWait] {
    var all: [PendingWait] = []
    var next = newest
    while let wait = next, all.count < limit {
      if !wait.hasFired { all.append(wait) }
      next = older(than: wait)
    }
    return all.reversed()
  }

  /// The wait of the owner's own task. A task is in one wait at a time.
  var endingWithOwner: TaskWaiter? {
    var next = newest
    while let wait = next {
      if let wait = wait as? TaskWaiter, wait.endsWithOwner, !wait.hasFired { return wait }
      next = older(than: wait)
    }
    return nil
  }

  /// What the owner of the list needs in order to go on: all that it waits for without a limit.
  var needs: Needs<WaitNode> {
    var first: PendingWait?
    var more: [WaitNode] = []
    var next = newest
    while let wait = next {
      next = older(than: wait)
      if wait.limit != nil || wait.hasFired { continue }
      if first == nil { first = wait } else { more.append(.wait(wait)) }
    }
    guard let first else { return .nothing }
    return more.isEmpty ? .one(.wait(first)) : .all([.wait(first)] + more)
  }
}

/// The waits of threads and tasks outside of tasklets. Nothing waits for these, so they take no
/// part in the graph; they are kept for dumps. In parts, so that threads do not queue for one lock.
enum OutsideWaits {
  private final class Part: Sendable {
    let list = Lock(WaitList())
  }

  private static let parts = (0..<16).map { _ in Part() }

  private static func part(of wait: PendingWait) -> Part {
    let bits = UInt(bitPattern: Unmanaged.passUnretained(wait).toOpaque())
    return parts[Int(truncatingIfNeeded: (bits >> 4) ^ (bits >> 9)) & 15]
  }

  static func add(_ wait: PendingWait) { part(of: wait).list.withLock { $0.add(wait) } }

  static func remove(_ wait: PendingWait) { part(of: wait).list.withLock { _ = $0.remove(wait) } }

  static func read<Result>(_ wait: PendingWait, _ read: () -> Result) -> Result? {
    part(of: wait).list.withLock { $0.contains(wait) ? read() : nil }
  }

  /// The newest `limit` waits of each part.
  static func current(limit: Int) -> [PendingWait] {
    parts.flatMap { part in part.list.withLock { $0.current(limit: limit) } }
  }
}
