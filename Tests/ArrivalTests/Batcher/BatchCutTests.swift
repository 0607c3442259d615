// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// A batch contains everything that came due or arrived before it was cut.
@Suite struct BatchCutTests {
  @Test func `Timers that are due when a batch is cut add to it`() throws {
    let manual = ManualExecutor()
    let (batcher, calls) = BatcherTests.doubling()
    let naps = [1, 1, 2].map { nap in
      Future(on: manual.executor) {
        try await Future.sleep(for: .milliseconds(nap)).value
        return try await batcher.load(nap * 10 + calls.count).value
      }
    }
    manual.advance(by: .milliseconds(2))
    #expect(try naps.map { try $0.getResult() } == [20, 20, 42])
    // Both loads of the first millisecond come before the call, the one of the second after it.
    #expect(calls.all == [[10], [21]])
    #expect(batcher.statistics().loads == 3 && batcher.statistics().coalesced == 1)
  }

  /// One worker, which is busy while timers come due and other threads complete promises.
  @Test(arguments: 0..<20)
  func `A batch has what came due or arrived while its worker was busy`(_: Int) async {
    let executor = TaskletExecutor("one", configuration: .init(threads: 1))
    let calls = Log<[Int]>()
    let batcher = Batcher<Int, Int>(
      "cut", configuration: .init(maxDelay: .seconds(1_000_000)), on: executor
    ) { (keys: [Int]) in
      calls.append(keys.sorted())
      return keys
    }
    let (arrived, isBusy, goOn) = (Promise<Int>(), Promise<Void>(), Promise<Void>())
    let late = Future(on: executor) { try await batcher.load(arrived.future.value).value }
    await yield { arrived.future.hasWaiters }
    let napped = Promise<Int>()
    let busy = Future(on: executor) {
      Future.sleep(for: .milliseconds(1), on: executor).onCompletion { _ in
        batcher.load(2).onCompletion { napped.complete($0) }
      }
      let first = batcher.load(1)
      isBusy.succeed()
      spin { goOn.future.done() }
      return try await first.value
    }
    await isBusy.future.wait()
    arrived.succeed(3)
    let start = ContinuousClock.now
    spin { ContinuousClock.now - start > .milliseconds(1) }
    goOn.succeed()
    await Future.waitAll(busy, late, napped.future)
    #expect(calls.all == [[1, 2, 3]])
    #expect(batcher.statistics().reasons == [.quiescence: 1])
    await executor.shutdown()
  }
}
