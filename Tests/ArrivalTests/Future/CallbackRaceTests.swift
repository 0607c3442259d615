// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct CallbackRaceTests {
  @Test func `Callbacks added while another thread completes run once each`() {
    let rounds = 100_000
    let slots = (0..<rounds).map { _ in Promise<Int>() }
    let calls = Counter()
    let doubled = Counter()
    // Both threads count the rounds, so that they meet in each of them.
    let adder = Counter()
    let completer = Counter()
    onThreads(2) { index in
      for round in 0..<rounds {
        let (mine, other) = index == 0 ? (adder, completer) : (completer, adder)
        mine.raise()
        // A round apart is near enough, and lets a machine with one core go on.
        spin { other.value >= round }
        let promise = slots[round]
        if index == 1 {
          promise.succeed(round)
        } else {
          let once = Counter()
          promise.future.onCompletion { _ in
            calls.raise()
            if once.raise() > 1 { doubled.raise() }
          }
        }
      }
    }
    #expect(calls.value == rounds)
    #expect(doubled.value == 0)
    #expect(!slots.contains { $0.future.hasWaiters })
  }

  @Test func `Callbacks of one thread keep their order during a concurrent completion`() {
    for _ in 0..<500 {
      let promise = Promise<Int>()
      let log = Log<Int>()
      onThreads(2) { index in
        if index == 0 {
          for number in 0..<20 { promise.future.onCompletion { _ in log.append(number) } }
        } else {
          promise.succeed(1)
        }
      }
      // Those registered last may be running on the thread that completes.
      spin { log.count == 20 }
      #expect(log.all == Array(0..<20))
    }
  }

  @Test func `A callback that blocks does not hold up another future's callbacks`() {
    let first = Promise<Int>()
    let second = Promise<Int>()
    let gate = Promise<Int>()
    second.future.onCompletion { _ in gate.succeed(1) }
    let done = Counter()
    first.future.onCompletion { _ in
      second.succeed(1)
      gate.future.wait()
      done.raise()
    }
    first.succeed(1)
    #expect(done.value == 1)
  }

  @Test func `A callback that blocks for the result of a later callback does not hang`() {
    let promise = Promise<Int>()
    let gate = Promise<Int>()
    let log = Log<String>()
    promise.future.onCompletion { _ in
      gate.future.wait()
      log.append("first ends")
    }
    promise.future.onCompletion { _ in
      log.append("second")
      gate.succeed(1)
    }
    promise.succeed(1)
    #expect(log.all == ["second", "first ends"])
    promise.future.onCompletion { _ in log.append("late") }
    spin { log.count == 3 }
    #expect(log.all.last == "late")
  }

  @Test func `Callbacks that block one after the other all run`() {
    let promise = Promise<Int>()
    let gates = (0..<20).map { _ in Promise<Int>() }
    let ended = Counter()
    for index in 0..<20 {
      promise.future.onCompletion { _ in
        if index < 19 { gates[index + 1].future.wait() }
        gates[index].succeed(index)
        ended.raise()
      }
    }
    promise.succeed(1)
    Future.waitAll(gates.map(\.future))
    spin { ended.value == 20 }
  }

  @Test func `A callback that blocks on a manual executor does not hang`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let gate = Promise<Int>()
    let log = Log<String>()
    promise.future.onCompletion { _ in
      gate.future.wait()
      log.append("first ends")
    }
    promise.future.onCompletion { _ in
      log.append("second")
      gate.succeed(1)
    }
    let future = Future(on: manual.executor) { _ = promise.succeed(1) }
    manual.run()
    #expect(future.done())
    #expect(log.all == ["second", "first ends"])
  }

  @Test func `A blocking wait in a callback may run the awaited tasklet`() {
    let executor = TaskletExecutor("one", configuration: .init(threads: 1))
    let promise = Promise<Int>()
    let log = Log<Int>()
    promise.future.onCompletion { _ in
      log.append((try? Future(on: executor) { 5 }.getResult()) ?? -1)
    }
    let future = Future(on: executor) { _ = promise.succeed(1) }
    future.wait()
    #expect(log.all == [5])
    executor.shutdown()
  }
}
