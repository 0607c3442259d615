// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The driver for tests: it has no threads, and its clock moves only when it is told to.
///
/// `ManualExecutor` in the module ArrivalTesting is its public face.
package final class ManualDriver: Sendable {
  /// How many there are: a program without any asks nothing about them at a wait.
  private static let count = Atomic<Int>(0)
  static var exist: Bool { count.load(ordering: .relaxed) > 0 }

  /// How long a thread outside blocks while nothing is ready, before the program traps.
  let patience: Nanoseconds
  /// What runs the executor by itself, if anything does.
  let loop: ManualLoop?
  private let time = Atomic<UInt64>(0)
  private let user = Atomic<Int>(ManualDriver.caller)

  init(patience: Duration, loop: ManualLoop? = nil) {
    self.patience = patience.clampedNanoseconds
    self.loop = loop
    Self.count.add(1, ordering: .relaxed)
  }

  deinit { Self.count.subtract(1, ordering: .relaxed) }

  /// The calling task; outside of tasks, the calling thread.
  private static var caller: Int {
    withUnsafeCurrentTask { $0?.hashValue } ?? ObjectIdentifier(ThreadLocals.current).hashValue
  }

  /// Whether the caller is the task or thread that used the executor last: it made it, or ran it.
  var isUsedByCaller: Bool { user.load(ordering: .relaxed) == Self.caller }

  fileprivate func noteUser() { user.store(Self.caller, ordering: .relaxed) }

  var now: Nanoseconds { time.load(ordering: .acquiring) }

  func set(_ now: Nanoseconds) { time.store(now, ordering: .releasing) }
}

extension TaskletExecutor {
  /// An executor that runs nothing by itself. With a seed it takes ready work in an order drawn
  /// from the seed; without one, first in first out.
  ///
  /// - Parameter patience: how long a thread outside blocks for a result while nothing is ready,
  ///   before the program traps.
  package static func manual(
    _ name: String, seed: UInt64?, patience: Duration = .seconds(10)
  ) -> TaskletExecutor {
    TaskletExecutor(
      name, driver: .manual(ManualDriver(patience: patience)),
      loop: RunLoop(
        parallelism: 0, maxSpareThreads: 0, keepAlive: 0,
        shuffle: seed.map(SeededGenerator.init(seed:))))
  }

  var isManual: Bool { manualDriver != nil }

  var manualDriver: ManualDriver? { if case .manual(let manual) = driver { manual } else { nil } }

  /// Runs what is ready, and then the idle callbacks, until there is nothing more to do. Returns
  /// how many pieces of work it ran.
  package func runAll() -> Int {
    manualDriver?.noteUser()
    var count = 0
    while step() { count += 1 }
    return count
  }

  /// Runs one piece of work, or the idle callbacks if the loop is quiescent; `false` if there was
  /// nothing to do.
  package func runOnce() -> Bool {
    manualDriver?.noteUser()
    return step()
  }

  /// Does the same for a wait.
  func step() -> Bool {
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
    guard let manual = manualDriver else { return }
    manual.noteUser()
    while step() {}
    while let deadline = loop.withLock({ $0.nextDeadline }), deadline <= target {
      manual.set(max(deadline, manual.now))
      while step() {}
    }
    manual.set(max(target, manual.now))
    while step() {}
  }

  /// Runs the loop below a blocking wait inside a job: no other thread could bring the result.
  func runUntil(_ isDone: () -> Bool, for wait: PendingWait, deadline: Nanoseconds?) {
    loop.withLock { _ = $0.threadWillBlock(isWorker: false) }
    defer { loop.withLock { _ = $0.threadDidUnblock(isWorker: false) } }
    if let manual = manualLoop { return runLoop(manual, below: wait, until: isDone) }
    while !isDone(), step() {}
    if isDone() || deadline != nil { return }
    fatalError(
      "a blocking wait on a manual executor can never end, because nothing is ready to run; await"
        + " instead, or complete the future first, or advance the clock first")
  }
}
