// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

@Suite struct SleepingTests {
  @Test func `A sleep ends after its delay`() {
    let manual = ManualExecutor()
    let nap = Future.sleep(for: .seconds(60), on: manual.executor)
    manual.advance(by: .seconds(60) - .nanoseconds(1))
    #expect(!nap.done())
    manual.advance(by: .nanoseconds(1))
    #expect(nap.done())
    #expect(nap.getException() == nil)
  }

  @Test func `A negative sleep ends at once`() {
    let manual = ManualExecutor()
    let naps = [Duration.zero, .seconds(-1), .nanoseconds(-1)].map {
      Future.sleep(for: $0, on: manual.executor)
    }
    manual.run()
    #expect(naps.allSatisfy { $0.done() })
    #expect(manual.now == .zero)
  }

  @Test func `Cancelling a sleep removes its timer`() {
    let manual = ManualExecutor()
    let nap = Future.sleep(for: .seconds(60), on: manual.executor)
    #expect(manual.executor.statistics().timers == 1)
    nap.cancel()
    #expect(nap.isCancelled)
    #expect(manual.executor.statistics().timers == 0)
  }

  @Test func `A tasklet sleeps on the clock of its executor`() {
    let manual = ManualExecutor()
    let log = Log<Duration>()
    let future = Future(on: manual.executor) {
      for _ in 0..<3 {
        try await Future.sleep(for: .seconds(5)).value
        log.append(manual.now)
      }
    }
    manual.advance(by: .seconds(20))
    #expect(future.done())
    #expect(log.all == [.seconds(5), .seconds(10), .seconds(15)])
  }

  @Test func `A finished sleep frees its future`() {
    let manual = ManualExecutor()
    weak var nap: Future<Void>?
    do { nap = Future.sleep(for: .seconds(1), on: manual.executor) }
    #expect(nap != nil)
    manual.advance(by: .seconds(1))
    #expect(nap == nil)
  }
}
