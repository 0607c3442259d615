// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// With a limit of calls under way, a due batch grows until its turn.
@Suite struct GroupCommitTests {
  private struct Scene {
    let manual = ManualExecutor()
    let calls = Log<[Int]>()
    let gates = (0..<10).map { _ in Promise<Void>() }
    let batcher: Batcher<Int, Int>

    init(_ configuration: BatcherConfiguration) {
      batcher = Batcher(configuration: configuration, on: manual.executor) {
        [calls, gates] (keys: [Int]) in
        calls.append(keys)
        await gates[calls.count - 1].future.wait()
        return keys
      }
    }

    /// Loads inside the executor, as tasklets do.
    func load(_ keys: [Int]) -> [Future<Int>] {
      let futures = Log<Future<Int>>()
      _ = Future(on: manual.executor) { for key in keys { futures.append(batcher.load(key)) } }
      manual.run()
      return futures.all
    }
  }

  @Test func `A due batch waits for its turn and grows`() throws {
    let scene = Scene(.init(maxConcurrentBatches: 1))
    let first = scene.load([1])
    let second = scene.load([2])
    let third = scene.load([3, 4])
    #expect(scene.calls.all == [[1]])
    scene.gates[0].succeed()
    scene.manual.run()
    #expect(first[0].done())
    #expect(!second[0].done())
    #expect(scene.calls.all == [[1], [2, 3, 4]])
    scene.gates[1].succeed()
    scene.manual.run()
    #expect(third.allSatisfy { $0.done() })
  }

  @Test func `A due batch that becomes full closes and keeps its place, and another one opens`() {
    let scene = Scene(.init(maxBatchSize: 3, maxConcurrentBatches: 1))
    _ = scene.load([1])
    _ = scene.load([2])
    _ = scene.load([3, 4, 5])
    #expect(scene.batcher.statistics().batches == 1)
    for gate in scene.gates { gate.succeed() }
    scene.manual.run()
    #expect(scene.calls.all == [[1], [2, 3, 4], [5]])
  }

  @Test func `Two batches are under way at once if two are allowed`() {
    let scene = Scene(.init(maxBatchSize: 1, maxConcurrentBatches: 2))
    let futures = scene.load([1, 2, 3, 4])
    #expect(scene.calls.all == [[1], [2]])
    scene.gates[1].succeed()
    scene.manual.run()
    #expect(scene.calls.all == [[1], [2], [3]])
    #expect(futures.map { $0.done() } == [false, true, false, false])
    for gate in scene.gates { gate.succeed() }
    scene.manual.run()
    #expect(scene.calls.all == [[1], [2], [3], [4]])
  }

  @Test func `Lanes take turns in the order in which they became due`() {
    let scene = Scene(.init(maxConcurrentBatches: 1))
    let batcher = scene.batcher
    _ = Future(on: scene.manual.executor) {
      for (key, lane) in [(1, "a"), (2, "b"), (3, "c"), (4, "b"), (5, "a")] {
        _ = batcher.load(key, lane: lane)
      }
    }
    scene.manual.run()
    for gate in scene.gates {
      gate.succeed()
      scene.manual.run()
    }
    #expect(scene.calls.all == [[1, 5], [2, 4], [3]])
  }

  @Test func `A failed call gives its turn to the next batch`() {
    let manual = ManualExecutor()
    let batcher = Batcher<Int, Int>(
      configuration: .init(maxBatchSize: 1, maxConcurrentBatches: 1), on: manual.executor
    ) { (keys: [Int]) -> [Int] in throw Oops(keys[0]) }
    let futures = batcher.load(contentsOf: 0..<5)
    manual.run()
    #expect(futures.map { $0.getException() as? Oops } == (0..<5).map { Oops($0) })
  }

  @Test func `flush waits for batches under way and for batches in the queue`() {
    let scene = Scene(.init(maxConcurrentBatches: 1))
    let batcher = scene.batcher
    _ = scene.load([1])
    _ = scene.load([2])
    let flush = Future(on: scene.manual.executor) { await batcher.flush() }
    scene.manual.run()
    scene.gates[0].succeed()
    scene.manual.run()
    #expect(!flush.done())
    scene.gates[1].succeed()
    scene.manual.run()
    #expect(flush.done())
    #expect(scene.calls.all == [[1], [2]])
  }
}
