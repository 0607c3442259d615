// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Runs a manual executor on a thread of its own: what is ready first, and when nothing is, it
/// moves the clock to the next timer.
///
/// `withManualTime` in the module ArrivalTesting is its public face.
package final class ManualLoop: Sendable {
  /// How long the loop waits for code outside when nothing inside can go on.
  private let patience: Atomic<Nanoseconds>
  /// Calls a closure after all that the main actor was given until now.
  private let afterMainActor: @Sendable (@escaping @Sendable () -> Void) -> Void
  /// The error of a blocking wait that can never end.
  fileprivate let makeError: @Sendable () -> any Error
  /// Where the thread of the loop sleeps.
  private let parker = Parker()
  /// Operations outside that are under way: the clock stands still meanwhile.
  private let outside = Atomic<Int>(0)
  private let over = Atomic<Bool>(false)
  private let mainActorAnswers = Atomic<Bool>(true)
  /// Work run since the clock moved.
  private let steps = Atomic<Int>(0)
  private let settling = Lock<[@Sendable () -> Void]>([])

  /// So much work at one moment is a loop that waits for the clock without a timer of its own.
  private static let maxSteps = 1_000_000
  /// How long the main actor may take. A program may block its thread, but other tests may also
  /// keep it busy for seconds.
  private static let mainActorPatience: Nanoseconds = 10_000_000_000
  /// How much work may be run after the end.
  private static let maxLastSteps = 100_000

  package init(
    patience: Duration,
    afterMainActor: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
    nothingCanArrive: @escaping @Sendable () -> any Error
  ) {
    self.patience = Atomic(patience.clampedNanoseconds)
    self.afterMainActor = afterMainActor
    makeError = nothingCanArrive
  }

  /// From now on the loop does not wait for code outside.
  package func giveUp() { patience.store(0, ordering: .relaxed) }

  /// Something has arrived from another thread.
  package func wake() { parker.unpark() }

  package func beginOutside() { outside.add(1, ordering: .relaxed) }

  package func endOutside() {
    outside.subtract(1, ordering: .relaxed)
    wake()
  }

  /// Calls `body` as soon as nothing is ready, before the clock moves.
  package func whenSettled(_ body: @escaping @Sendable () -> Void) {
    settling.withLock { $0.append(body) }
    if isOver { _ = settle() } else { wake() }
  }

  var isOver: Bool { over.load(ordering: .acquiring) }

  // MARK: The thread of the loop

  /// Runs the executor until `isEnded`, or until nothing can ever arrive; returns whether it ended.
  fileprivate func run(_ executor: TaskletExecutor, until isEnded: () -> Bool) -> Bool {
    while !isEnded() {
      if step(executor) { continue }
      if case .nothingCanArrive = pause(executor, until: nil, unless: isEnded) { return isEnded() }
    }
    return true
  }

  fileprivate func step(_ executor: TaskletExecutor) -> Bool {
    guard executor.step() else { return false }
    if steps.add(1, ordering: .relaxed).newValue >= Self.maxSteps { advance(executor, upTo: nil) }
    return true
  }

  enum OnPause {
    case goOn
    case timeIsUp
    case nothingCanArrive
  }

  /// Nothing is ready: brings about that something is, or waits until it is.
  ///
  /// - Parameters:
  ///   - end: where the clock stops.
  ///   - isEnded: whether the caller need not go on.
  fileprivate func pause(
    _ executor: TaskletExecutor, until end: Nanoseconds?, unless isEnded: () -> Bool
  ) -> OnPause {
    if settle() { return .goOn }
    if outside.load(ordering: .relaxed) > 0 {
      parker.park(until: nil)
      return .goOn
    }
    waitForMainActor()
    if isEnded() || executor.hasReadyWork || outside.load(ordering: .relaxed) > 0 { return .goOn }
    if advance(executor, upTo: end) { return .goOn }
    if let end {
      executor.setManualTime(end)
      return .timeIsUp
    }
    return waitForOthers(executor, unless: isEnded)
  }

  private func settle() -> Bool {
    let waiting = settling.withLock { settling in
      let waiting = settling
      settling = []
      return waiting
    }
    for body in waiting { body() }
    return !waiting.isEmpty
  }

  /// Moves the clock to the next timer, if there is one until `end`.
  @discardableResult
  private func advance(_ executor: TaskletExecutor, upTo end: Nanoseconds?) -> Bool {
    steps.store(0, ordering: .relaxed)
    guard let next = executor.nextTimer, next <= end ?? .max else { return false }
    executor.setManualTime(next)
    return true
  }

  /// Code on the main actor may be about to bring more work.
  private func waitForMainActor() {
    let hasPassed = Signal()
    afterMainActor { [self] in
      mainActorAnswers.store(true, ordering: .relaxed)
      hasPassed.isSet.store(true, ordering: .releasing)
      wake()
    }
    let now = monotonicNow()
    let limit = mainActorAnswers.load(ordering: .relaxed) ? now + Self.mainActorPatience : now
    while !hasPassed.isSet.load(ordering: .acquiring) {
      if monotonicNow() >= limit { return mainActorAnswers.store(false, ordering: .relaxed) }
      parker.park(until: limit)
    }
  }

  private final class Signal: Sendable {
    let isSet = Atomic<Bool>(false)
  }

  /// Only code outside can bring work now, such as a thread with a connection.
  private func waitForOthers(_ executor: TaskletExecutor, unless isEnded: () -> Bool) -> OnPause {
    let limit = monotonicNow().addingSaturating(patience.load(ordering: .relaxed))
    repeat {
      parker.park(until: limit)
      if isEnded() || executor.hasReadyWork || executor.nextTimer != nil
        || outside.load(ordering: .relaxed) > 0
      {
        return .goOn
      }
    } while monotonicNow() < limit
    return .nothingCanArrive
  }

  /// Runs what is ready, but not for ever, then ends everything that is pending. Steps of tasks
  /// that come later run on the shared executor.
  fileprivate func end(_ executor: TaskletExecutor) {
    executor.endPending { runLastSteps(of: executor) }
    over.store(true, ordering: .sequentiallyConsistent)
    _ = settle()
    executor.handOverReadyWork()
  }

  private func runLastSteps(of executor: TaskletExecutor) {
    var rest = Self.maxLastSteps
    while rest > 0, executor.step() { rest -= 1 }
  }
}

// MARK: Executors with a loop

/// The manual executor whose time the calling code has, also where it runs on another executor.
package enum ManualTimeContext {
  @TaskLocal package static var executor: TaskletExecutor?
}

extension TaskletExecutor {
  /// A manual executor that ``runManually(until:)`` runs.
  package static func manual(_ name: String, seed: UInt64?, loop: ManualLoop) -> TaskletExecutor {
    TaskletExecutor(
      name, driver: .manual(ManualDriver(patience: .seconds(10), loop: loop)),
      loop: RunLoop(
        parallelism: 0, maxSpareThreads: 0, keepAlive: 0,
        shuffle: seed.map(SeededGenerator.init(seed:))))
  }

  package var manualLoop: ManualLoop? { manualDriver?.loop }

  /// Runs the executor on the calling thread until `isEnded`; returns whether it ended. Otherwise
  /// nothing that it waits for can ever arrive.
  package func runManually(until isEnded: () -> Bool) -> Bool {
    manualLoop?.run(self, until: isEnded) ?? isEnded()
  }

  /// Ends what is pending. The executor goes on to run steps of tasks, on the shared one.
  package func endManually() { manualLoop?.end(self) }

  /// Runs a closure among the jobs, on the thread of the loop.
  package func enqueueWork(_ body: @escaping @Sendable () -> Void) { submit(WorkItem(body)) }

  /// The time of the first timer.
  fileprivate var nextTimer: Nanoseconds? { loop.withLock { $0.nextDeadline } }

  fileprivate var hasReadyWork: Bool { loop.withLock { $0.progress.ready > 0 } }

  fileprivate func setManualTime(_ time: Nanoseconds) { manualDriver?.set(max(time, now())) }

  /// Work was added by a thread that may not be the loop's.
  func manualWorkWasAdded(_ loop: ManualLoop) {
    if loop.isOver { handOverReadyWork() } else { loop.wake() }
  }

  /// Gives the work that is ready to the shared executor.
  fileprivate func handOverReadyWork() {
    while true {
      switch loop.withLock({ $0.next(now: now) }) {
      case .run(let work, _):
        loop.withLock { $0.ended() }
        Self.shared.submit(WorkItem { [self] in run(work, on: .current) })
      case .runIdle: loop.withLock { $0.ended() }
      case .nothing: return
      }
    }
  }

  /// The loop below a blocking wait inside a job. A wait that can never end fails what it is for.
  func runLoop(_ manual: ManualLoop, below wait: PendingWait, until isDone: () -> Bool) {
    let end = wait.limit.map { now().advanced(by: $0) }
    while !isDone() {
      if manual.step(self) { continue }
      switch manual.pause(self, until: end, unless: isDone) {
      case .goOn: break
      case .timeIsUp: return
      case .nothingCanArrive:
        let error = manual.makeError()
        for future in wait.targets.futures where !future.done() { _ = future.fail(with: error) }
      }
    }
  }
}

extension PendingWait.Targets {
  fileprivate var futures: [FutureCore] {
    switch self {
    case .one(let future): [future]
    case .all(let futures), .any(let futures): futures
    case .source: []
    }
  }
}
