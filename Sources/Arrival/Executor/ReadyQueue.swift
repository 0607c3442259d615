// SPDX-License-Identifier: Apache-2.0
/// The ready work of a run loop, first in, first out. Pure: a part of ``RunLoop``.
///
/// While too many threads are blocked, tasklets that have not begun are held back: they are passed
/// over, and keep their place before all that comes later.
struct ReadyQueue {
  private var ready = RingBuffer<RunLoop.Ready>()
  /// Tasklets that were passed over. Older than all in `ready`.
  private var heldBack = RingBuffer<RunLoop.Ready>()

  var count: Int { ready.count + heldBack.count }

  /// Whether there is work that was not passed over yet.
  var hasNew: Bool { !ready.isEmpty }

  /// Whether tasklets were passed over.
  var hasHeldBack: Bool { !heldBack.isEmpty }

  mutating func append(_ work: RunLoop.Ready) { ready.append(work) }

  /// The first piece of work. A tasklet that a waiting thread has begun needs no worker.
  mutating func popFirst() -> RunLoop.Ready? {
    while let work = heldBack.popFirst() ?? ready.popFirst() {
      if case .start(let tasklet) = work, tasklet.isClaimed { continue }
      return work
    }
    return nil
  }

  /// The first piece of work that is no new tasklet, or a tasklet that others wait for.
  mutating func popBegun() -> RunLoop.Ready? {
    while let work = ready.popFirst() {
      guard case .start(let tasklet) = work else { return work }
      if tasklet.isClaimed { continue }
      if tasklet.isNeeded { return work }
      heldBack.append(work)
    }
    return nil
  }

  /// Takes off the first tasklet, if a waiting thread has begun it.
  mutating func dropFirstIfClaimed() {
    if case .start(let tasklet) = heldBack.first, tasklet.isClaimed { _ = heldBack.popFirst() }
    if case .start(let tasklet) = ready.first, tasklet.isClaimed { _ = ready.popFirst() }
  }

  /// Brings any piece of work to the front.
  mutating func shuffle(_ generator: inout SeededGenerator) {
    if ready.count > 1 {
      ready.swapFirst(with: Int.random(in: 0..<ready.count, using: &generator))
    }
  }
}
