internal import CArrival
internal import Synchronization

/// One wait of a thread or a task that is about to sleep: who waits, for what, since when.
///
/// It is on its tasklet's list, or on that of the waits outside tasklets, from before it is
/// registered with a future until it has ended. The wait-for graph and dumps are read from there.
///
/// `@unchecked Sendable`: the links belong to the lock of the list; the rest is atomic or never
/// changes.
class Wait: Waiter, @unchecked Sendable {
  /// What a wait is for; futures that are done need not be left out.
  enum Targets {
    case one(FutureCore)
    case all([FutureCore])
    case any([FutureCore])
    /// As if it were for a future of this source.
    case source(FutureSource)
  }

  enum Manner { case blocking, suspending }

  let targets: Targets
  let manner: Manner
  /// The wait ends by itself after this time.
  let limit: Duration?
  /// The tasklet that cannot end before this wait does; `nil` for a wait outside of any.
  let tasklet: Tasklet?
  /// In the time of `executor`.
  let began: Nanoseconds
  /// Written once by `begin()`, before anybody can find the wait.
  @exclusivity(unchecked) private(set) final var site = WaitSite.unknown
  /// Set by whoever ends the wait, before the sleeper is woken.
  private let fired = Atomic<Bool>(false)

  fileprivate var following: Wait?
  fileprivate unowned(unsafe) var preceding: Wait?
  fileprivate var isListed = false

  init(_ targets: Targets, _ manner: Manner, limit: Duration? = nil) {
    let tasklet = Tasklet.waiting
    self.targets = targets
    self.manner = manner
    self.limit = limit
    self.tasklet = tasklet
    began = tasklet?.executor.coarseNow() ?? arrival_coarse_nanoseconds()
  }

  /// Whether the wait is over, or will be as soon as the sleeper has woken up.
  final var hasFired: Bool { fired.load(ordering: .acquiring) }

  /// To be called once when the wait ends, before the sleeper is woken.
  final func setFired() { fired.store(true, ordering: .releasing) }

  /// A wait outside tasklets holds up nobody.
  override var mayHoldUpTasklet: Bool { tasklet != nil }

  /// How long it has lasted.
  final var age: Nanoseconds {
    let now = tasklet?.executor.coarseNow() ?? arrival_coarse_nanoseconds()
    return now > began ? now - began : 0
  }

  // MARK: The list

  /// Puts the wait on its list. Before it is registered with a future, so that whoever finds it
  /// there finds it here too.
  final func begin() {
    // Not in `init`: an async function that ends in a call with arguments on the stack, as the one that
    // makes waiters does, has its return address elsewhere, and a walk finds nothing.
    site = WaitSite.here(manner)
    if let tasklet {
      tasklet.waits.withLock { $0.add(self) }
    } else {
      OutsideWaits.add(self)
    }
  }

  /// The wait has ended.
  final func end() {
    if let tasklet {
      tasklet.waits.withLock { $0.remove(self) }
    } else {
      OutsideWaits.remove(self)
    }
  }
}

/// A list of waits, the newest first. O(1) to add and to remove.
struct WaitList {
  private var newest: Wait?

  mutating func add(_ wait: Wait) {
    wait.following = newest
    newest?.preceding = wait
    wait.isListed = true
    newest = wait
  }

  mutating func remove(_ wait: Wait) {
    guard wait.isListed else { return }
    let following = wait.following
    following?.preceding = wait.preceding
    if let preceding = wait.preceding {
      preceding.following = following
    } else {
      newest = following
    }
    wait.following = nil
    wait.preceding = nil
    wait.isListed = false
  }

  /// The newest `limit` of them that have not fired, the oldest first.
  func current(limit: Int) -> [Wait] {
    var all: [Wait] = []
    var next = newest
    while let wait = next, all.count < limit {
      if !wait.hasFired { all.append(wait) }
      next = wait.following
    }
    return all.reversed()
  }

  /// What the owner of the list needs in order to go on: all that it waits for without a limit.
  var needs: Needs<WaitNode> {
    var first: Wait?
    var more: [WaitNode] = []
    var next = newest
    while let wait = next {
      next = wait.following
      if wait.limit != nil || wait.hasFired { continue }
      if first == nil { first = wait } else { more.append(.wait(wait)) }
    }
    guard let first else { return .nothing }
    return more.isEmpty ? .one(.wait(first)) : .all([.wait(first)] + more)
  }
}

/// The waits of threads and tasks outside tasklets. Nobody waits for those, so they take no part in
/// the graph; they are kept for dumps. In parts, so that threads do not queue for one lock.
enum OutsideWaits {
  private final class Part: Sendable {
    let list = Lock(WaitList())
  }

  private static let parts = (0..<16).map { _ in Part() }

  private static func part(of wait: Wait) -> Part {
    let bits = UInt(bitPattern: Unmanaged.passUnretained(wait).toOpaque())
    return parts[Int(truncatingIfNeeded: (bits >> 4) ^ (bits >> 9)) & 15]
  }

  static func add(_ wait: Wait) { part(of: wait).list.withLock { $0.add(wait) } }
  static func remove(_ wait: Wait) { part(of: wait).list.withLock { $0.remove(wait) } }

  /// The newest `limit` of each part.
  static func current(limit: Int) -> [Wait] {
    parts.flatMap { part in part.list.withLock { $0.current(limit: limit) } }
  }
}
