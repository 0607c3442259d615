// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// Members that end before their operation does.
@Suite struct BatcherCancellationTests {
  let manual = ManualExecutor()
  let calls = Log<[Int]>()
  let gate = Promise<Void>()

  /// A batcher whose operation waits for the gate, and ends early if it is cancelled.
  private func gated(
    _ configuration: BatcherConfiguration = .default, cancelled: Counter = Counter()
  ) -> Batcher<Int, Int> {
    Batcher("gated", configuration: configuration, on: manual.executor) {
      [calls, gate] (keys: [Int]) in
      calls.append(keys)
      do { try await gate.future.value } catch {
        cancelled.raise()
        throw error
      }
      return keys
    }
  }

  private func settle() { manual.advance(by: .milliseconds(1)) }

  @Test func `A key all of whose futures were cancelled before dispatch is not sent`() throws {
    let batcher = gated()
    let futures = batcher.load(contentsOf: [1, 2, 2, 3, 3, 1])
    for index in [1, 2, 3] { futures[index].cancel() }
    gate.succeed()
    settle()
    #expect(calls.all == [[1, 3]])
    #expect(futures.map { try? $0.getResult() } == [1, nil, nil, nil, 3, 1])
    let statistics = batcher.statistics()
    #expect(statistics.endedEarly == 3)
    #expect(statistics.keysSent == 2)
    #expect(statistics.coalesced == 1)
  }

  @Test func `A batch all of whose members were cancelled before dispatch makes no call`() {
    let batcher = gated(.init(maxConcurrentBatches: 1))
    for future in batcher.load(contentsOf: 1...3) { future.cancel() }
    settle()
    #expect(calls.all.isEmpty)
    #expect(batcher.statistics().batches == 0)
    // Its turn has gone to the next.
    let next = batcher.load(4)
    gate.succeed()
    settle()
    #expect(next.getException() == nil)
  }

  @Test func `A cancelled key that is loaded again is sent`() throws {
    let batcher = gated()
    batcher.load(1).cancel()
    let again = batcher.load(1)
    gate.succeed()
    settle()
    #expect(try again.getResult() == 1)
    #expect(calls.all == [[1]])
  }

  @Test func `An operation is cancelled when its last member is cancelled, and not before`() {
    let cancelled = Counter()
    let batcher = gated(cancelled: cancelled)
    let futures = batcher.load(contentsOf: 1...3)
    settle()
    futures[0].cancel()
    futures[1].cancel()
    manual.run()
    #expect(cancelled.value == 0)
    futures[2].cancel()
    manual.run()
    #expect(cancelled.value == 1)
    #expect(futures.allSatisfy { $0.isCancelled })
  }

  @Test func `A load whose time is up fails alone`() throws {
    let batcher = gated()
    let hurried = batcher.load(1, within: .milliseconds(5))
    let patient = batcher.load(1)
    let line = #line - 2
    manual.advance(by: .milliseconds(6))
    let error = try #require(hurried.getException() as? TimeoutError)
    #expect(error.limit == .milliseconds(5))
    #expect(error.creationSite.line == line)
    #expect(!patient.done())
    gate.succeed()
    settle()
    #expect(try patient.getResult() == 1)
    #expect(manual.executor.statistics().timers == 0)
  }

  @Test
  func `An operation that never returns is cancelled at the latest time limit of its members`() {
    let cancelled = Counter()
    let batcher = gated(cancelled: cancelled)
    let futures = [5, 20, 10].map { batcher.load($0, within: .milliseconds($0)) }
    manual.advance(by: .milliseconds(19))
    #expect(futures.map { $0.done() } == [true, false, true])
    #expect(cancelled.value == 0)
    manual.advance(by: .milliseconds(1))
    #expect(futures.allSatisfy { $0.getException() is TimeoutError })
    #expect(cancelled.value == 1)
  }

  @Test func `A load that arrives in time leaves no timer behind`() throws {
    let batcher = gated()
    let future = batcher.load(1, within: .seconds(10))
    gate.succeed()
    settle()
    #expect(try future.getResult() == 1)
    #expect(manual.executor.statistics().timers == 0)
  }

  @Test(arguments: [false, true])
  func `The operation knows the latest time limit, if all its loads have one`(all: Bool) {
    let left = Log<Duration?>()
    let batcher = Batcher<Int, Int>(on: manual.executor) { (keys: [Int]) in
      left.append(BatchCall.current?.remainingTime())
      return keys
    }
    _ = Future(on: manual.executor) {
      _ = batcher.load(1, within: .seconds(1))
      _ = batcher.load(2, within: .seconds(3))
      if !all { _ = batcher.load(3) }
    }
    manual.run()
    #expect(left.all == [all ? .seconds(3) : nil])
  }

  @Test func `An operation runs with the highest priority of its members`() {
    let priorities = Log<TaskPriority>()
    let batcher = Batcher<Int, Int>(on: manual.executor) { (keys: [Int]) in
      priorities.append(Task.currentPriority)
      return keys
    }
    func load(_ all: [TaskPriority]) {
      for (key, priority) in all.enumerated() {
        Task(executorPreference: manual.executor, priority: priority) { _ = batcher.load(key) }
      }
      manual.run()
    }
    load([.low, .high, .medium])
    load([.low, .background])
    #expect(priorities.all == [.high, .low])
  }

  @Test func `Members under way fail with the shutdown of their executor`() {
    let batcher = gated()
    let future = batcher.load(1)
    settle()
    manual.executor.shutdown()
    manual.run()
    #expect(future.getException() is ExecutorShutDown)
  }
}
