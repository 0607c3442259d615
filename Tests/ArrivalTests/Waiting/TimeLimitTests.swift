// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import CArrival
import Testing

@Suite struct TimeLimitTests {
  @Test func `A blocking wait ends at its limit and leaves nothing behind`() {
    let promise = Promise<Int>("never")
    #expect(!promise.future.wait(for: .microseconds(50)))
    let error = #expect(throws: TimeoutError.self) {
      try promise.future.getResult(within: .microseconds(50))
    }
    #expect(error?.limit == .microseconds(50))
    #expect(error?.name == "never")
    #expect(error?.creationSite == promise.future.creationSite)
    #expect(!promise.future.wait(for: .zero))
    #expect(!promise.future.wait(for: .seconds(-1)))
    #expect(!promise.future.hasWaiters)
    #expect(promise.succeed(1))
  }

  #if os(Linux)
    @Test func `A limit is kept exactly, and the thread's timer slack is as before`() {
      @Sendable func slack() -> Int32 {
        let slack = arrival_thread_wakes_exactly_now()
        arrival_thread_wakes_as_before(slack)
        return slack
      }
      let thread = PlainThread {
        let before = slack()
        #expect(before > 1)
        let promise = Promise<Int>()
        #expect(!promise.future.wait(for: .microseconds(50)))
        #expect(slack() == before)
      }
      thread.join()
    }
  #endif

  @Test func `A limit does not matter for a done future`() throws {
    #expect(Future(value: 1).wait(for: .zero))
    #expect(try Future(value: 1).getResult(within: .seconds(-1)) == 1)
    #expect(throws: Oops(3)) { try Future<Int>(error: Oops(3)).getResult(within: .zero) }
  }

  @Test func `A blocking wait with a limit ends when the future is done`() throws {
    let promise = Promise<Int>()
    let seen = Log<Int>()
    let thread = PlainThread {
      seen.append((try? promise.future.getResult(within: .seconds(1 << 40))) ?? -1)
    }
    spin { promise.future.hasWaiters }
    promise.succeed(5)
    thread.join()
    #expect(seen.all == [5])
  }

  @Test func `A suspended wait ends at its limit, not before`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>("slow")
    let wait = Future(on: manual.executor) { await promise.future.wait(for: .seconds(10)) }
    let get = Future(on: manual.executor) {
      try await promise.future.getResult(within: .seconds(20))
    }
    manual.run()
    #expect(manual.executor.statistics().timers == 2)
    manual.advance(by: .seconds(10) - .nanoseconds(1))
    #expect(!wait.done())
    manual.advance(by: .nanoseconds(1))
    #expect((try? wait.getResult()) == false)
    #expect(!get.done())
    manual.advance(by: .seconds(10))
    #expect((get.getException() as? TimeoutError)?.limit == .seconds(20))
    #expect(!promise.future.hasWaiters)
    #expect(promise.succeed(1))
  }

  @Test func `A suspended wait that ends early removes its timer`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let wait = Future(on: manual.executor) {
      try await promise.future.getResult(within: .seconds(10))
    }
    manual.run()
    #expect(manual.executor.statistics().timers == 1)
    promise.succeed(3)
    manual.run()
    #expect((try? wait.getResult()) == 3)
    #expect(manual.executor.statistics().timers == 0)
  }

  @Test func `A suspended wait with a limit ends at once when its task is cancelled`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let get = Future(on: manual.executor) {
      try await promise.future.getResult(within: .seconds(10))
    }
    let wait = Future(on: manual.executor) { await promise.future.wait(for: .seconds(10)) }
    manual.run()
    get.cancel()
    wait.cancel()
    manual.run()
    #expect(get.isCancelled)
    #expect((try? wait.getResult()) == false)
    #expect(manual.executor.statistics().timers == 0)
    #expect(!promise.future.hasWaiters)
    #expect(manual.now == .zero)
    promise.succeed(1)
  }

  @Test func `Limits may be zero, negative or endless`() {
    let manual = ManualExecutor()
    let promise = Promise<Int>()
    let limits: [Duration] = [.zero, .seconds(-5), .seconds(Int64.max)]
    let waits = limits.map { limit in
      Future(on: manual.executor) { await promise.future.wait(for: limit) }
    }
    manual.run()
    #expect((try? waits[0].getResult()) == false)
    #expect((try? waits[1].getResult()) == false)
    manual.advance(by: .seconds(1_000_000))
    #expect(!waits[2].done())
    promise.succeed(1)
    manual.run()
    #expect((try? waits[2].getResult()) == true)
  }
}
