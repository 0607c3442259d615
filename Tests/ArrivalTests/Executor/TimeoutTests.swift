// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct TimeoutTests {
  @Test func `fails when the time is over, not before, and the future below goes on`() throws {
    let manual = ManualExecutor()
    let promise = Promise<Int>("slow")
    let timed = promise.future.timeout(after: .seconds(10), on: manual.executor)
    manual.advance(by: .seconds(10) - .nanoseconds(1))
    #expect(!timed.done())
    manual.advance(by: .nanoseconds(1))
    let error = timed.getException() as? TimeoutError
    #expect(error?.limit == .seconds(10))
    #expect(error?.name == "slow")
    #expect(error?.creationSite == promise.future.creationSite)
    #expect(!promise.future.hasWaiters)
    #expect(promise.succeed(1))
    #expect(try promise.future.getResult() == 1)
  }

  @Test func `passes on what arrives in time, and takes its timer back`() throws {
    let manual = ManualExecutor()
    for failing in [false, true] {
      let promise = Promise<Int>()
      let timed = promise.future.timeout(after: .seconds(10), on: manual.executor)
      #expect(manual.executor.statistics().timers == 1)
      if failing { promise.fail(Oops(2)) } else { promise.succeed(2) }
      #expect(manual.executor.statistics().timers == 0)
      if failing {
        #expect(throws: Oops(2)) { try timed.getResult() }
      } else {
        #expect(try timed.getResult() == 2)
      }
    }
  }

  @Test func `sets no timer for what is done, and takes it back when it is cancelled`() {
    let manual = ManualExecutor()
    #expect(Future(value: 1).timeout(after: .seconds(1), on: manual.executor).done())
    #expect(manual.executor.statistics().timers == 0)
    let promise = Promise<Int>()
    let timed = promise.future.timeout(after: .seconds(10), on: manual.executor)
    timed.cancel()
    #expect(timed.isCancelled)
    #expect(manual.executor.statistics().timers == 0)
    #expect(!promise.future.hasWaiters)
    promise.succeed(1)
  }

  @Test func `a limit of zero and a negative one end at the next step`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let timed = [Duration.zero, .seconds(-1)].map {
      promise.future.timeout(after: $0, on: manual.executor)
    }
    manual.run()
    for future in timed { #expect(future.getException() is TimeoutError) }
    promise.succeed(1)
  }

  @Test func `fails when its executor is shut down`() {
    let executor = TaskletExecutor("short-lived")
    let promise = Promise<Int>()
    let timed = promise.future.timeout(after: .seconds(1 << 40), on: executor)
    executor.shutdown()
    #expect(timed.getException() is ExecutorShutDown)
    promise.succeed(1)
  }

  @Test func `uses the clock of the tasklet that asks`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let future = Future(on: manual.executor) {
      try await promise.future.timeout(after: .seconds(60)).value
    }
    manual.advance(by: .seconds(60))
    #expect(future.getException() is TimeoutError)
    promise.succeed(1)
  }

  @Test func `ends exactly once however time and completion race, and leaves no timer`() {
    let executor = TaskletExecutor("racing")
    for _ in 0..<1_000 {
      let promise = Promise<Int>()
      let outcomes = Counter()
      let timed = promise.future.timeout(after: .microseconds(5), on: executor)
      timed.onCompletion { _ in outcomes.raise() }
      promise.succeed(1)
      timed.wait()
      // The thread of the timer may still be about to call the callback.
      spin { outcomes.value > 0 }
      #expect(!promise.future.hasWaiters)
      #expect(outcomes.value == 1)
    }
    #expect(executor.statistics().timers == 0)
    executor.shutdown()
  }

  // A bound that a busy machine keeps too; benchmarks measure how exact it is.
  @Test func `keeps the time of the real clock`() {
    let executor = TaskletExecutor("clock")
    let promise = Promise<Int>()
    let ended = Log<ContinuousClock.Instant>()
    let began = ContinuousClock.now
    let timed = promise.future.timeout(after: .milliseconds(20), on: executor)
    timed.onCompletion { _ in ended.append(.now) }
    #expect(timed.getException() is TimeoutError)
    spin { ended.count == 1 }
    #expect(ended.all[0] - began >= .milliseconds(20))
    #expect(ended.all[0] - began < .seconds(5))
    #expect(executor.statistics().timers == 0)
    promise.succeed(1)
    executor.shutdown()
  }
}
