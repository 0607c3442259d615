internal import Synchronization

/// The driver for tests: it has no threads, and its clock moves only when it is told to.
///
/// `ManualExecutor` in the module ArrivalTesting is its public face.
package final class ManualDriver: Sendable {
  private let time = Atomic<UInt64>(0)

  var now: Nanoseconds { time.load(ordering: .acquiring) }

  fileprivate func set(_ now: Nanoseconds) { time.store(now, ordering: .releasing) }
}

extension TaskletExecutor {
  /// An executor that runs nothing by itself. With a seed it takes ready work in an order drawn
  /// from the seed; without one, first in first out.
  package static func manual(_ name: String, seed: UInt64?) -> TaskletExecutor {
    TaskletExecutor(
      name, driver: .manual(ManualDriver()),
      loop: RunLoop(
        parallelism: 0, maxSpareThreads: 0, keepAlive: 0,
        shuffle: seed.map(SeededGenerator.init(seed:))))
  }

  var isManual: Bool { if case .manual = driver { true } else { false } }

  /// Runs one piece of work, or the idle callbacks if the loop is quiescent; `false` if there was
  /// nothing to do.
  package func runOnce() -> Bool {
    let next = loop.withLock { $0.next(now: now) }
    if case .nothing = next { return false }
    let thread = ThreadState.current
    thread.enter(self)
    switch next {
    case .run(let work, _): run(work, on: thread)
    case .runIdle(let callbacks, _): runIdle(callbacks[...])
    case .nothing: break
    }
    thread.leave()
    loop.withLock { $0.ended() }
    return true
  }

  /// Moves the clock, and runs each timer that becomes due on the way at its own time.
  package func advance(toNanoseconds target: UInt64) {
    guard case .manual(let manual) = driver else { return }
    while runOnce() {}
    while let deadline = loop.withLock({ $0.nextDeadline }), deadline <= target {
      manual.set(max(deadline, manual.now))
      while runOnce() {}
    }
    manual.set(max(target, manual.now))
    while runOnce() {}
  }

  /// Runs the loop below a blocking wait inside a job: no other thread could bring the result.
  func runUntil(_ isDone: () -> Bool, deadline: Nanoseconds?) {
    loop.withLock { _ = $0.threadWillBlock(isWorker: false) }
    while !isDone(), runOnce() {}
    loop.withLock { $0.threadDidUnblock(isWorker: false) }
    precondition(
      isDone() || deadline != nil,
      "a blocking wait on a manual executor can never end, because nothing is ready to run; await"
        + " instead, or complete the future first, or advance the clock first")
  }
}
