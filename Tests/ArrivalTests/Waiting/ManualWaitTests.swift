// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Blocking waits of a test's own thread for results that only its manual executor can bring.
@Suite struct ManualWaitTests {
  private let manual = ManualExecutor()

  @Test func `A test that blocks for a key of a batcher sends the batch and gets the value`() throws
  {
    let batcher = Batcher<Int, Int>(on: manual.executor) { (keys: [Int]) in
      try await Future(on: manual.executor) { keys.map { $0 * 2 } }.value
    }
    #expect(try batcher.load(21).getResult() == 42)
  }

  @Test func `A test that blocks for any of several futures runs what brings one`() throws {
    let futures = (0..<2).map { number in Future(on: manual.executor) { number } }
    #expect(Future.waitAny(futures) === futures[0])
  }

  @Test func `A test that blocks for a future with a time limit runs what completes it`() throws {
    let inner = Future(on: manual.executor) { 1 }
    let outer = Future(on: manual.executor) { try await inner.value + 1 }
    let limited = outer.timeout(after: .seconds(1), on: manual.executor)
    #expect(try limited.getResult() == 2)
  }

  @Test func `A test that blocks for other work leaves the manual executor's alone`() throws {
    let work = Future(on: manual.executor) { 1 }
    let other = Promise<Int>()
    let thread = PlainThread { other.succeed(2) }
    #expect(try other.future.getResult() == 2)
    let either = Promise<Int>()
    let second = PlainThread { either.succeed(3) }
    #expect(Future.waitAny([work, either.future]) === either.future)
    thread.join()
    second.join()
    #expect(manual.executor.statistics().jobs == 0)
    manual.run()
  }

  @Test func `Another thread that blocks leaves the work to the test`() throws {
    let inner = Future(on: manual.executor) { 1 }
    let outer = Future(on: manual.executor) { try await inner.value + 1 }
    let results = Log<Int>()
    let thread = PlainThread {
      // With a limit, or this thread would run the tasklet in place.
      results.append((try? outer.getResult(within: .seconds(300))) ?? -1)
    }
    spin { outer.state.withLock { !$0.isUnobserved } }
    #expect(manual.executor.statistics().jobs == 0)
    manual.run()
    thread.join()
    #expect(results.all == [2])
  }

  @Test func `A test may block while another thread runs the executor`() {
    let nap = Future.sleep(for: .seconds(60), on: manual.executor)
    let thread = PlainThread { [manual] in manual.advance(by: .seconds(60)) }
    nap.wait()
    thread.join()
    #expect(nap.getException() == nil)
  }

  @Test func `Work that another thread makes ready is run`() throws {
    let promise = Promise<Int>()
    let future = Future(on: manual.executor) { try await promise.future.value }
    manual.run()
    let thread = PlainThread { promise.succeed(1) }
    #expect(try future.getResult() == 1)
    thread.join()
  }

  @Test func `A wait with a time limit ends by itself`() {
    let executor = TaskletExecutor.manual("limited", seed: nil, patience: .zero)
    let nap = Future.sleep(for: .seconds(60), on: executor)
    #expect(!nap.wait(for: .milliseconds(2)))
  }

  @Test func `A wait that can never end traps, and says what to call`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let executor = TaskletExecutor.manual("tests", seed: nil, patience: .milliseconds(1))
      func block() { Future.sleep(for: .seconds(60), on: executor).wait() }
      block()
    }
    let text = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
    #expect(text.contains("a thread blocks for a result of the manual executor \"tests\""))
    #expect(text.contains("call run(), or move the clock with advance(by:)"))
  }
}
