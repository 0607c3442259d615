// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Foundation
import Testing

/// Batches with keys from several executors, and from tasks that run on none of ours.
@Suite struct BatcherOriginsTests {
  private static let never = BatcherConfiguration(maxDelay: .seconds(1_000_000))

  // MARK: Several executors

  @Test func `A key does not wait for an executor that computes`() throws {
    let (busy, idle) = (single("busy"), single("idle"))
    let (batcher, calls) = BatcherTests.doubling(nil, Self.never)
    let (isComputing, goOn) = (Promise<Void>(), Promise<Void>())
    let owner = Future(on: busy) {
      let key = batcher.load(1)
      isComputing.succeed()
      spin { goOn.future.done() }
      return try await key.value
    }
    isComputing.future.wait()
    // The batch was opened on the busy executor, and its operation runs on the idle one.
    let request = Future(on: idle) { try await batcher.load(2).value }
    #expect(try request.detached.getResult() == 4)
    #expect(calls.all == [[1, 2]])
    #expect(batcher.statistics().reasons == [.quiescence: 1])
    goOn.succeed()
    #expect(try owner.detached.getResult() == 2)
    busy.shutdown()
    idle.shutdown()
  }

  @Test func `A forgotten manual executor blocks nobody, whether it loads first or last`() throws {
    let idle = single("idle")
    for isFirst in [true, false] {
      let manual = ManualExecutor()
      let gate = Promise<Void>()
      let (batcher, calls) = BatcherTests.doubling(nil, Self.never)
      let forgotten = Future(on: manual.executor) { try await batcher.load(1).value }
      let hold =
        isFirst
        ? nil
        : Future(on: idle) {
          let key = batcher.load(2)
          spin { gate.future.done() }
          return try await key.value
        }
      if hold != nil { spin { batcher.statistics().loads == 1 } }
      // Only this step of the manual executor is ever run.
      #expect(manual.runOnce())
      gate.succeed()
      let request = hold ?? Future(on: idle) { try await batcher.load(2).value }
      #expect(try request.detached.getResult() == 4)
      #expect(calls.all.map { $0.sorted() } == [[1, 2]])
      #expect(!forgotten.done())
      manual.run()
      #expect(try forgotten.getResult() == 2)
    }
    idle.shutdown()
  }

  @Test func `A manual executor that was freed frees its place`() throws {
    let idle = single("idle")
    let (batcher, _) = BatcherTests.doubling(nil, Self.never)
    for key in 0..<200 {
      do {
        let manual = ManualExecutor()
        _ = Future(on: manual.executor) { _ = batcher.load(key) }
        #expect(manual.runOnce())
      }
      // Sends the batch, which was the last to hold the manual executor.
      let request = Future(on: idle) { try await batcher.load(1_000).value }
      #expect(try request.detached.getResult() == 2_000)
    }
    #expect(batcher.statistics().reasons == [.quiescence: 200])
    idle.shutdown()
  }

  @Test func `A batch moves when its executor shuts down before it leaves`() throws {
    let old = single("old")
    let (batcher, calls) = BatcherTests.doubling(nil, Self.never)
    let goOn = Promise<Void>()
    let kept = Promise<Future<Int>>()
    _ = Future(on: old) {
      kept.succeed(batcher.load(1))
      spin { goOn.future.done() }
    }
    let key = try kept.future.getResult()
    let shutdown = PlainThread { old.shutdown() }
    // From now on the executor refuses tasklets.
    spin { Future(on: old) {}.done() }
    goOn.succeed()
    #expect(try key.detached.getResult() == 2)
    #expect(calls.all == [[1]])
    shutdown.join()
  }

  @Test func `A batch that waits for its turn moves when its executor shuts down`() throws {
    let (old, other) = (single("old"), single("other"))
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 1, maxConcurrentBatches: 1)
    ) { (keys: [Int]) in
      if keys == [1] { await gate.future.wait() }
      return keys
    }
    let first = try Future(on: other) { [batcher.load(1)] }.getResult()[0]
    let second = try Future(on: old) { [batcher.load(2)] }.getResult()[0]
    old.shutdown()
    gate.succeed()
    #expect(try first.getResult() == 1)
    #expect(try second.detached.getResult() == 2)
    other.shutdown()
  }

  // MARK: Plain tasks

  @Test func `The lone key of a plain task needs no timer`() async throws {
    let (batcher, _) = BatcherTests.doubling(nil, Self.never)
    for key in 0..<100 { #expect(try await batcher.load(key).value == key * 2) }
    #expect(batcher.statistics().reasons == [.quiescence: 100])
  }

  @Test func `The keys of tasks on an actor, the main actor and other executors need no timer`()
    async throws
  {
    let (batcher, _) = BatcherTests.doubling(nil, Self.never)
    let executors = (QueueExecutor(), QueueTaskExecutor())
    let onActor = Loading(batcher)
    let onQueue = LoadingOnQueue(batcher, executors.0)
    for key in 0..<20 {
      #expect(try await onActor.load(key) == key * 2)
      #expect(try await onQueue.load(key) == key * 2)
      #expect(try await loadOnMainActor(batcher, key) == key * 2)
      let value = try await withTaskExecutorPreference(executors.1) {
        try await batcher.load(key).value
      }
      #expect(value == key * 2)
    }
    #expect(batcher.statistics().reasons == [.quiescence: 80])
  }

  @Test func `A hundred messages of one actor make one call`() async throws {
    let (batcher, calls) = BatcherTests.doubling(nil, Self.never)
    let actor = LoadingOnQueue(batcher, QueueExecutor())
    let tasks = (0..<100).map { key in Task { try await actor.load(key) } }
    await actor.block(untilReady: 100)
    for (key, task) in tasks.enumerated() { #expect(try await task.value == key * 2) }
    #expect(calls.count == 1)
  }

  @Test func `Tasks of several priorities make one call`() async throws {
    let (batcher, _) = BatcherTests.doubling(nil, Self.never)
    let priorities: [TaskPriority] = [.high, .medium, .low, .background]
    let tasks = (0..<100).map { key in
      Task.detached(priority: priorities[key % 4]) { try await batcher.load(key).value }
    }
    for (key, task) in tasks.enumerated() { #expect(try await task.value == key * 2) }
    // Each priority has threads of its own, so that more calls are not wrong.
    #expect(batcher.statistics().batches < 50)
    #expect(batcher.statistics().reasons[.maxDelay] == nil)
  }

  private func single(_ name: String) -> TaskletExecutor {
    TaskletExecutor(name, configuration: .init(threads: 1))
  }
}

@MainActor
private func loadOnMainActor(_ batcher: Batcher<Int, Int>, _ key: Int) async throws -> Int {
  try await batcher.load(key).value
}

private actor Loading {
  private let batcher: Batcher<Int, Int>

  init(_ batcher: Batcher<Int, Int>) { self.batcher = batcher }

  func load(_ key: Int) async throws -> Int { try await batcher.load(key).value }
}

private actor LoadingOnQueue {
  private let batcher: Batcher<Int, Int>
  private let executor: QueueExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(_ batcher: Batcher<Int, Int>, _ executor: QueueExecutor) {
    self.batcher = batcher
    self.executor = executor
  }

  func load(_ key: Int) async throws -> Int { try await batcher.load(key).value }

  /// Holds the actor's thread until so many jobs are ready behind this one.
  func block(untilReady count: Int) {
    spin { executor.enqueued.value > count }
  }
}

/// A serial executor on a dispatch queue, as an event loop is.
private final class QueueExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "serial")
  let enqueued = Counter()

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    enqueued.raise()
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}

private final class QueueTaskExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "tasks")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
