internal import Synchronization

/// Finds the wait that can never end because what it waits for waits for it, and ends it.
///
/// Whoever closes a ring sees it. Each wait is put on its tasklet's list, then registered with its
/// futures, and only then looks. Of the waits of a ring, the last to register finds all the others on
/// their lists, and finds that somebody waits for its own tasklet. All of this happens under locks,
/// each taken alone, so there is a last one even if two threads are at it in the same moment.
///
/// No ring is seen where there is none. It is read twice. A wait never comes back once it has ended,
/// nor does a future become pending again, so what is there twice was there all the time in between:
/// the whole ring was there at once. And a whole ring cannot dissolve by itself.
enum DeadlockCheck {
  /// Futures of rings that were found and that are about to be failed: the second reading of
  /// another thread takes them for done, so that a ring is reported once. The one lock under which
  /// others are taken; none of those is ever held when it is.
  private static let doomed = Lock<Set<ObjectIdentifier>>([])

  /// A wait was registered; if it closes a ring, what it waits for fails.
  /// - Parameter canEnd: a quicker answer than a search of all that it waits for.
  static func closes(_ wait: Wait, unless canEnd: () -> Bool = { false }) {
    // Nobody waits for what is outside tasklets, and a wait with a limit ends by itself.
    guard let tasklet = wait.tasklet, wait.limit == nil, tasklet.mayHoldUpTasklet, !canEnd()
    else { return }
    guard let ring = StuckSearch.ring(through: .wait(wait), in: WaitGraph()),
      case .future(let awaited) = ring.path.dropFirst().first
    else { return }
    breakUp(ring, at: awaited)
  }

  /// A pending future needs others than before; if that closes a ring, it fails.
  /// - Parameter canEnd: a quicker answer than a search of all that it needs.
  static func needsChanged(of future: FutureCore, unless canEnd: () -> Bool = { false }) {
    guard !future.done(), future.mayHoldUpTasklet, !canEnd(),
      let ring = StuckSearch.ring(through: .future(future), in: WaitGraph())
    else { return }
    breakUp(ring, at: future)
  }

  private static func breakUp(_ ring: Ring<WaitNode>, at future: FutureCore) {
    let isMine = doomed.withLock { doomed in
      guard StuckSearch.stands(ring, in: WaitGraph(doomed: doomed)) else { return false }
      doomed.insert(ObjectIdentifier(future))
      return true
    }
    guard isMine else { return }
    _ = future.fail(with: DeadlockError(ring))
    _ = doomed.withLock { $0.remove(ObjectIdentifier(future)) }
  }
}
