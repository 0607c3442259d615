// SPDX-License-Identifier: Apache-2.0
/// What an executor still accepts while it is shut down. Pure: a part of ``RunLoop``.
///
/// A tasklet is admitted before its task is made, and arrives in the queue a moment later. Whether
/// it is admitted is decided under the lock under which `close()` is called, and the executor is
/// not at rest while an admitted tasklet is on its way. So a tasklet that was admitted before the
/// end is among the pending ones that are failed, and one that comes later is refused.
struct TaskletAdmission {
  private enum Phase {
    case open
    /// `shutdown()` was called: only what runs may start more.
    case closing
    /// What was pending has been taken, to be failed.
    case closed
  }

  private var phase = Phase.open
  /// Tasklets that were admitted and whose first job is not queued yet.
  private var arriving = 0
  /// Calls of `shutdown()` that fail what they took.
  private var failing = 0

  /// Whether `shutdown()` was called.
  var isOpen: Bool { phase == .open }

  /// Whether timers may be set.
  var acceptsTimers: Bool { phase != .closed }

  /// Whether no admitted tasklet is on its way, and no pending one is being failed.
  var isSettled: Bool { arriving == 0 && failing == 0 }

  /// A tasklet is about to be made. If it is admitted, `arrived()` has to follow.
  ///
  /// - Parameter isChild: whether code that runs on the executor makes it.
  mutating func admit(isChild: Bool) -> Bool {
    switch phase {
    case .open: break
    case .closing: if !isChild { return false }
    case .closed: return false
    }
    arriving += 1
    return true
  }

  /// The first job of an admitted tasklet is queued.
  mutating func arrived() { arriving -= 1 }

  /// From now on only children are admitted.
  mutating func beginClosing() { if phase == .open { phase = .closing } }

  /// From now on nothing is admitted. The caller takes what is pending under the same lock, fails
  /// it, and then calls `failedAll()`.
  mutating func close() {
    phase = .closed
    failing += 1
  }

  mutating func failedAll() { failing -= 1 }
}
