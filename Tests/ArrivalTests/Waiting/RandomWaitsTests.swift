// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import Testing

@testable import Arrival

/// Waits drawn by seed: every kind of work, waited for in every way, with cancellations, limits,
/// executors that shut down, and threads that the system refuses.
///
/// All work ends, because none depends on the code that waits for it. So a wait that does not end
/// is a hang, and each `DeadlockError` is a false alarm. Afterwards nothing may be left registered.
///
/// Some fifteen thousand waits. With `ARRIVAL_STRESS=70` in the environment it is a million, also
/// while the system refuses threads (2026-11-30: all end, 155 seconds).
@Suite(.serialized, .timeLimit(.minutes(30))) struct RandomWaitsTests {
  private static let factor =
    ProcessInfo.processInfo.environment["ARRIVAL_STRESS"].flatMap(Int.init) ?? 1

  // In processes of their own: errors that are expected here are not expected by other tests.
  @Test func `Random waits end as they may, and leave nothing registered`() async {
    await #expect(processExitsWith: .success) {
      UnobservedFailure.expectFailuresOfRandomWaits()
      for seed in 0..<6 as Range<UInt64> {
        let waits = RandomWaits(seed: seed, plainTasks: true)
        PlainThread { waits.run(steps: 200 * Self.factor) }.join()
        PlainThread { waits.check() }.join()
        #expect(waits.count.value > 2_000 * Self.factor)
      }
    }
  }

  #if os(Linux)
    // The system counts the threads of a user. Root has no limit, so the process gives that up. By
    // hand only: other libraries of the process may not survive that a thread is refused.
    @Test(
      .enabled(
        if: factor > 1 && getuid() == 0,
        "needs ARRIVAL_STRESS, and root, who can become a user with no other threads"))
    func `Random waits end while the system refuses threads`() async {
      await #expect(processExitsWith: .success) {
        UnobservedFailure.expectFailuresOfRandomWaits()
        let refusals = Counter()
        Diagnostic.setHandler { if case .threadNotStarted = $0 { refusals.raise() } }
        for seed in 10..<13 as Range<UInt64> {
          let waits = RandomWaits(seed: seed, plainTasks: false)
          waits.run(steps: 100 * Self.factor) { isAllowed in
            var limit = rlimit(rlim_cur: isAllowed ? 10_000 : 0, rlim_max: 10_000)
            // RLIMIT_NPROC, which Swift does not import.
            guard setrlimit(__rlimit_resource_t(6), &limit) == 0,
              getuid() != 0 || setuid(54_321) == 0
            else { fatalError("cannot limit threads: \(errno)") }
          }
          waits.check()
        }
        #expect(refusals.value > 0)
      }
    }
  #endif
}

extension UnobservedFailure {
  fileprivate static func expectFailuresOfRandomWaits() {
    expect(Oops.self)
    expect(TimeoutError.self)
    expect(ExecutorShutDown.self)
    expect(BrokenPromise.self)
    expect(OutOfThreads.self)
  }
}

/// The threads and tasklets that wait, and what they wait for.
private final class RandomWaits: Sendable {
  /// What an actor needs to draw its steps.
  private struct Draw {
    var random: SeededGenerator
    mutating func number(_ range: Range<Int>) -> Int { .random(in: range, using: &random) }
    mutating func microseconds() -> Duration { .microseconds(number(0..<300)) }
  }

  private let seed: UInt64
  private let usesPool: Bool
  private let executor: TaskletExecutor
  /// One after the other is shut down while code waits for its tasklets.
  private let mortals: [TaskletExecutor]
  private let batcher: Batcher<Int, Int>
  private let cached: Batcher<Int, Int>
  /// Is done only at the end. Waits for it have another way out.
  private let never = Promise<Int>("never")
  /// Promises for another thread to complete.
  private let unkept = Mutex<[Promise<Int>]>([])
  let count = Counter()

  init(seed: UInt64, plainTasks: Bool) {
    self.seed = seed
    usesPool = plainTasks
    executor = TaskletExecutor(
      "random", configuration: .init(threads: 1 + Int(seed % 3), maxSpareThreads: 64))
    mortals = (0..<8).map { TaskletExecutor("mortal \($0)", configuration: .init(threads: 1)) }
    let operation: @Sendable ([Int]) async -> [Int: Int] = { keys in
      if keys.count % 3 == 0 { await Task.yield() }
      return Dictionary(uniqueKeysWithValues: keys.map { ($0, $0 * 2) })
    }
    batcher = Batcher("random", configuration: .init(maxConcurrentBatches: 2), operation: operation)
    cached = Batcher("cached", cache: .lru(20), operation: operation)
  }

  /// Runs all actors to their ends.
  ///
  /// - Parameter allowThreads: lets the system start threads, or lets it refuse them.
  func run(steps: Int, allowThreads: (@Sendable (Bool) -> Void)? = nil) {
    let threads = (0..<4).map { actor in
      PlainThread { [self] in
        var draw = draw(actor)
        for step in 0..<steps {
          blockingStep(&draw)
          if actor == 0, step % max(steps / mortals.count, 1) == 1 { shutDownNext() }
        }
      }
    }
    let tasklets = (4..<12).map { actor in
      Future(on: executor) { [self] in
        var draw = draw(actor)
        for _ in 0..<steps {
          if actor % 2 == 0 { blockingStep(&draw) } else { await step(&draw) }
        }
      }
    }
    let tasks =
      !usesPool
      ? []
      : (12..<16).map { actor in
        Task { [self] in
          var draw = draw(actor)
          for _ in 0..<steps { await step(&draw) }
        }
      }
    // The last thread to be started: it lets the system refuse others.
    let isOver = Atomic(false)
    let keeper = PlainThread { [self] in
      var rounds = 0
      while !isOver.load(ordering: .acquiring) {
        keepPromises()
        rounds += 1
        if rounds % 100 == 0 { allowThreads?(rounds % 200 == 0) }
        sched_yield()
      }
      keepPromises()
    }
    for thread in threads { thread.join() }
    Future.waitAll(tasklets.map(\.detached))
    let tasksEnd = DispatchSemaphore(value: 0)
    Task {
      for task in tasks { await task.value }
      tasksEnd.signal()
    }
    tasksEnd.wait()
    isOver.store(true, ordering: .releasing)
    keeper.join()
    allowThreads?(true)
    for tasklet in tasklets where tasklet.getException() != nil {
      Issue.record("seed \(seed): an actor failed: \(tasklet)")
    }
  }

  /// Expects that nothing is left.
  func check() {
    for batcher in [batcher, cached] {
      batcher.flush()
      let statistics = batcher.statistics()
      #expect(statistics.queued == 0 && statistics.batchesUnderWay == 0, "seed \(seed)")
    }
    #expect(executor.shutdown(within: .seconds(120)).isEmpty, "seed \(seed)")
    for mortal in mortals { mortal.shutdown() }
    #expect(!never.future.hasWaiters, "seed \(seed)")
    never.succeed(0)
    for executor in [executor] + mortals {
      spin { executor.statistics().threads == 0 }
      let statistics = executor.statistics()
      #expect(statistics.timers == 0 && statistics.pendingTasklets == 0, "seed \(seed)")
      #expect(statistics.ready == 0 && statistics.blockedThreads == 0, "seed \(seed)")
    }
  }

  private func draw(_ actor: Int) -> Draw {
    Draw(random: SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(actor)))
  }

  private func shutDownNext() {
    guard let next = mortals.first(where: { !$0.isShutDown }) else { return }
    if seed % 2 == 0 { next.shutdown() } else { next.shutdown(within: .microseconds(200)) }
  }

  private func keepPromises() {
    let promises = unkept.withLock { unkept in
      defer { unkept = [] }
      return unkept
    }
    for (index, promise) in promises.enumerated() {
      switch index % 5 {
      case 0: break  // It is broken.
      case 1: promise.fail(Oops())
      default: promise.succeed(1)
      }
    }
  }

  private func promised() -> Future<Int> {
    let promise = Promise<Int>()
    unkept.withLock { $0.append(promise) }
    return promise.future
  }

  // MARK: Work

  /// Work of some kind, and its value.
  private func work(_ draw: inout Draw) -> Future<Int> {
    let key = draw.number(0..<40)
    switch draw.number(0..<16) {
    case 0: return batcher.load(key)
    case 1: return batcher.load(key, within: draw.microseconds())
    case 2: return cached.load(key)
    case 3: return cached.load(key, within: draw.microseconds())
    case 4: return Future.sleep(for: draw.microseconds(), on: executor).map { 0 }
    case 5: return promised()
    case 6: return Future(on: executor) { [batcher] in try await batcher.load(key).value }
    case 7:
      return Future(on: executor) { [batcher] in try blockingly(batcher.load(key)) }
    case 8:
      return Future(on: mortals[draw.number(0..<mortals.count)]) { [batcher] in
        try await batcher.load(key).value
      }
    case 9: return never.future.timeout(after: draw.microseconds(), on: executor)
    case 10: return cached.load(key).flatMap { [batcher] in batcher.load($0) }
    case 11: return Future.race([never.future, batcher.load(key)])
    case 12: return Future.all([batcher.load(key), cached.load(key)]).map { $0[0] }
    case 13: return promised().recover { [batcher] _ in try blockingly(batcher.load(key)) }
    case 14: return Future.any([promised(), Future(value: 1)])
    default: return Future(value: key)
    }
  }

  // MARK: Waits

  private func blockingStep(_ draw: inout Draw) {
    let future = work(&draw)
    if !future.done() { count.raise() }
    if draw.number(0..<8) == 0 { future.cancel() }
    switch draw.number(0..<9) {
    case 0: expectBlockingOutcome { _ = try future.getResult() }
    case 1: expectBlockingOutcome { try future.checkSuccess() }
    case 2: future.wait()
    case 3: _ = future.wait(for: draw.microseconds())
    case 4: expectBlockingOutcome { _ = try future.getResult(within: draw.microseconds()) }
    case 5: _ = Future.waitAny([never.future, future])
    case 6: Future.waitAll([future, future])
    case 7: expectBlockingOutcome { if let error = future.getException() { throw error } }
    default: break  // It is dropped.
    }
  }

  private func step(_ draw: inout Draw) async {
    let future = work(&draw)
    if !future.done() { count.raise() }
    if draw.number(0..<8) == 0 { future.cancel() }
    let limit = draw.microseconds()
    switch draw.number(0..<10) {
    case 0: await expectOutcome { _ = try await future.value }
    case 1: await future.wait()
    case 2: _ = await future.wait(for: limit)
    case 3: await expectOutcome { _ = try await future.getResult(within: limit) }
    case 4: _ = await Future.waitAny([never.future, future])
    case 5: await cancelled(&draw) { [never] in try await never.future.value }
    case 6: await cancelled(&draw) { try await future.value }
    case 7: await cancelled(&draw) { try await Future.all([future, future]).value.first ?? 0 }
    case 8:
      await expectOutcome {
        try await withThrowingTaskGroup(of: Int.self) { group in
          for _ in 0..<3 { group.addTask { try await future.map { $0 + 1 }.value } }
          try await group.waitForAll()
        }
      }
    default: break
    }
  }

  /// Waits in a task of its own, and cancels that.
  private func cancelled(
    _ draw: inout Draw, _ body: @escaping @Sendable () async throws -> Int
  ) async {
    let preference: (any TaskExecutor)? = usesPool && draw.number(0..<2) == 0 ? nil : executor
    let task = Task(executorPreference: preference) { [self] in
      await expectOutcome { _ = try await body() }
    }
    for _ in 0..<draw.number(0..<4) { await Task.yield() }
    task.cancel()
    await task.value
  }

  private nonisolated(nonsending) func expectOutcome(_ body: () async throws -> Void) async {
    do { try await body() } catch { expectAllowed(error) }
  }

  private func expectBlockingOutcome(_ body: () throws -> Void) {
    do { try body() } catch { expectAllowed(error) }
  }

  private func expectAllowed(_ error: any Error) {
    switch error {
    case is Oops, is CancellationError, is TimeoutError, is ExecutorShutDown, is BrokenPromise:
      break
    case is OutOfThreads where !usesPool: break
    default: Issue.record("seed \(seed): \(error)")
    }
  }
}

private func blockingly<Value>(_ future: Future<Value>) throws -> Value { try future.getResult() }
