// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Finds waits that can never end because they wait for each other, and fails one of them.
///
/// The wait that closes a ring finds it. Each wait is put on its tasklet's list, then registered
/// with its futures, and only then looks. Of the waits of a ring, the last to register finds all
/// the others on their lists, and finds that something waits for its own tasklet. All of this
/// happens under locks, each taken alone, so there is a last one even if two threads register at
/// the same moment.
///
/// No ring is found where there is none. The ring is read twice. A wait that has ended never comes
/// back, and a future that is done never becomes pending again. So an edge that is read twice was
/// there all the time in between, and the whole ring was there at one moment. A whole ring cannot
/// dissolve by itself.
enum DeadlockCheck {
  /// Futures of rings that were found, which are about to be failed. The second reading of another
  /// thread takes them for done, so that a ring is reported once. This is the one lock under which
  /// others are taken; none of the others is ever held when it is taken.
  private static let doomed = Lock<Set<ObjectIdentifier>>([])

  /// To be called when a wait was registered. If it closes a ring, the future that it waits for
  /// fails. If that future has to keep a promise to code that cannot see an error, the tasklet that
  /// waits fails.
  ///
  /// - Parameter canEnd: a quicker answer than a search of all that it waits for.
  static func failIfDeadlocked(by wait: PendingWait, unless canEnd: () -> Bool = { false }) {
    // Nothing waits for code outside of tasklets, and a wait with a limit ends by itself.
    guard let owner = wait.owner, wait.limit == nil, owner.mayHoldUpTasklet, !canEnd()
    else { return }
    guard let ring = StuckSearch.ring(through: .wait(wait), in: WaitGraph()),
      case .future(let awaited) = ring.path.dropFirst().first
    else { return }
    if awaited.source?.mayFailInRing ?? true {
      breakUp(ring, at: awaited)
    } else if let future = owner.future {
      breakUp(ring, at: future)
    }
  }

  /// To be called when a pending future needs other futures than before. If that closes a ring, it
  /// fails.
  ///
  /// - Parameter canEnd: a quicker answer than a search of all that it needs.
  static func failIfDeadlocked(_ future: FutureCore, unless canEnd: () -> Bool = { false }) {
    guard !future.done(), future.mayHoldUpTasklet, !canEnd(),
      let ring = StuckSearch.ring(through: .future(future), in: WaitGraph())
    else { return }
    breakUp(ring, at: future)
  }

  private static func breakUp(_ ring: Ring<WaitNode>, at future: FutureCore) {
    let isMine = doomed.withLock { doomed in
      guard StuckSearch.persists(ring, in: WaitGraph(doomed: doomed)) else { return false }
      doomed.insert(ObjectIdentifier(future))
      return true
    }
    guard isMine else { return }
    let error = DeadlockError(ring)
    if Instruments.isOn {
      Instruments.record(.deadlockFound(.init(count: error.members.count, error: error)))
    }
    _ = future.fail(with: error)
    _ = doomed.withLock { $0.remove(ObjectIdentifier(future)) }
  }
}
