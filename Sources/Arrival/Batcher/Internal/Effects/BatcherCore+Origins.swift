// SPDX-License-Identifier: Apache-2.0
internal import CArrival
internal import Synchronization

/// Where keys come from, and how that place is watched for the time when no more come.
extension BatcherCore {
  /// The origin of a key that the calling code loads, and its job if it runs on an executor of
  /// ours.
  var currentOrigin: (OriginID, Loader?) {
    if let thread = ThreadState.existing, let executor = thread.executor {
      return (executor.origin, Loader(job: thread.jobs.now, spawner: thread.spawner))
    }
    // With a manual clock, nothing but that clock and that executor decides.
    return (executor?.isManual == true ? .unknown : KeyOrigin.current, nil)
  }

  /// Watches the origin of the calling code, which has just loaded its first key.
  func watch(_ index: OriginIndex, priority: UInt8) {
    if let executor = ThreadState.existing?.executor {
      return QuiescenceWatch(self, index, executor).start()
    }
    let priority = TaskPriority(rawValue: priority)
    switch KeyOrigin.watchable {
    case .pool: probe(index, priority: priority, on: nil)
    case .tasks(let executor): probe(index, priority: priority, on: executor)
    case .actor(let actor): actor.assumeIsolated { $0.probe(self, index, priority: priority) }
    case .thread: change { $0.originIsGone(index) }
    }
  }

  /// Starts a task that passes through the jobs of the global pool, or of another executor.
  fileprivate func probe(
    _ index: OriginIndex, priority: TaskPriority, on executor: (any TaskExecutor)?
  ) {
    Task.detached(executorPreference: executor, priority: priority) { [self] in
      while true {
        switch pass(index, isOnPool: executor == nil) {
        case .again(let next):
          if next == priority.rawValue {
            await Task.yield()
          } else {
            return probe(index, priority: TaskPriority(rawValue: next), on: executor)
          }
        case .waitForDeliveries: await Deliveries.waitUntilOver()
        case .end: return
        }
      }
    }
  }

  /// A probe has passed. Returns what it does next.
  ///
  /// - Parameter isOnPool: whether it runs on Swift's global pool, whose threads may be borrowed.
  fileprivate func pass(_ index: OriginIndex, isOnPool: Bool) -> ProbeMachine.OnPass {
    // On a busy machine this lets a job go on that was started before, and that the system has
    // interrupted. On an idle machine it returns at once.
    yieldThread()
    let isDelivering = Deliveries.areUnderWay
    let (next, batches) = change { $0.probePassed(index, isDelivering: isDelivering) }
    // Plain tasks must not wait for workers that compute.
    if !batches.isEmpty {
      ThreadState.current.withTimelyWork { send(batches, borrowsThread: isOnPool) }
    }
    return next
  }
}

extension Deliveries {
  fileprivate static func waitUntilOver() async {
    await withUnsafeContinuation { continuation in whenOver { continuation.resume() } }
  }
}

extension ProbeActor {
  /// Starts a task on this executor that passes through its jobs.
  func probe(_ core: BatcherCore, _ index: OriginIndex, priority: TaskPriority) {
    // It starts on this executor, behind the jobs that are ready. `Task.yield()` would make a
    // detour through the global pool.
    Task(priority: priority) { passed(core, index, priority) }
  }

  private func passed(_ core: BatcherCore, _ index: OriginIndex, _ priority: TaskPriority) {
    switch core.pass(index, isOnPool: false) {
    case .again(let next): probe(core, index, priority: TaskPriority(rawValue: next))
    case .waitForDeliveries:
      Deliveries.whenOver { [self] in
        Task(priority: priority) { await probe(core, index, priority: priority) }
      }
    case .end: break
    }
  }
}

/// Waits for the quiescence of an executor of ours.
private final class QuiescenceWatch: Sendable {
  private let core: BatcherCore
  private let index: OriginIndex
  /// It keeps the callback, and so lives whenever that is called.
  private unowned let executor: TaskletExecutor
  private let hasFired = Atomic(false)

  init(_ core: BatcherCore, _ index: OriginIndex, _ executor: TaskletExecutor) {
    self.core = core
    self.index = index
    self.executor = executor
  }

  func start() { executor.onNextQuiescence { self.quiescent() } }

  private func quiescent() {
    if isBeingFilled { start() } else { fire() }
  }

  /// Whether code outside of the executor is in the middle of starting tasklets there. It may have
  /// been interrupted by the worker that it woke.
  private var isBeingFilled: Bool {
    if executor.isManual { return false }
    guard let count = executor.loop.withLock({ $0.outside.look() }) else { return false }
    yieldThread()
    let end = monotonicNow() + Self.pause
    while monotonicNow() < end {
      if executor.loop.withLock({ $0.outside.count }) != count { return true }
      for _ in 0..<20 { arrival_spin_hint() }
    }
    return false
  }

  /// About the time in which a thread starts one or two tasklets.
  private static let pause: Nanoseconds = 4_000

  // The executor was freed before it became quiescent.
  deinit { if !hasFired.load(ordering: .relaxed) { core.change { $0.originIsGone(index) } } }

  private func fire() {
    hasFired.store(true, ordering: .relaxed)
    core.send(core.change { $0.originIsQuiet(index) })
  }
}

extension TaskletExecutor {
  var origin: OriginID { OriginID(rawValue: number << 1 | 1) }
}
