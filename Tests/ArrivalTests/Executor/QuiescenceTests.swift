// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

// Serialised, because the hook for diagnostics is one for the process.
@Suite(.serialized) struct QuiescenceTests {
  @Test func `A callback is called once at each quiescence, and not in between`() {
    let manual = ManualExecutor()
    let log = Log<String>()
    manual.executor.onQuiescence { log.append("idle") }
    manual.run()
    #expect(log.all == ["idle"])
    for index in 0..<3 { _ = Future(on: manual.executor) { log.append("\(index)") } }
    manual.run()
    #expect(log.all == ["idle", "0", "1", "2", "idle"])
    manual.run()
    #expect(log.count == 5)
  }

  @Test func `A due timer comes before quiescence`() {
    let manual = ManualExecutor()
    let log = Log<String>()
    Future.sleep(for: .zero, on: manual.executor).onCompletion { _ in log.append("timer") }
    manual.executor.onQuiescence { log.append("idle") }
    manual.run()
    #expect(log.all == ["timer", "idle"])
  }

  @Test func `Callbacks are called in the order of registration`() {
    let manual = ManualExecutor()
    let log = Log<Int>()
    for index in 0..<5 { manual.executor.onQuiescence { log.append(index) } }
    manual.run()
    #expect(log.all == [0, 1, 2, 3, 4])
  }

  @Test func `A new callback is called even if an old one never makes work`() {
    let manual = ManualExecutor()
    let old = Counter()
    manual.executor.onQuiescence { old.raise() }
    manual.run()
    let before = old.value
    let new = Counter()
    manual.executor.onQuiescence { new.raise() }
    manual.run()
    #expect(new.value == 1)
    #expect(old.value >= before)
  }

  @Test func `A callback that makes work is called again when the work is done`() {
    let manual = ManualExecutor()
    let calls = Counter()
    let done = Counter()
    let executor = manual.executor
    let registration = manual.executor.onQuiescence {
      if calls.raise() < 5 { _ = Future(on: executor) { done.raise() } }
    }
    manual.run()
    #expect(calls.value == 5)
    #expect(done.value == 4)
    registration.cancel()
  }

  @Test func `A callback that was removed is not called`() {
    let manual = ManualExecutor()
    let calls = Counter()
    let registration = manual.executor.onQuiescence { calls.raise() }
    manual.run()
    registration.cancel()
    registration.cancel()
    _ = Future(on: manual.executor) {}
    manual.run()
    #expect(calls.value == 1)
  }

  @Test func `A callback that throws is reported once, and the others are still called`() {
    let manual = ManualExecutor("noisy")
    let reports = Log<String>()
    let previous = Diagnostic.setHandler { diagnostic in
      if case .callbackThrew = diagnostic { reports.append("\(diagnostic)") }
    }
    defer { Diagnostic.setHandler(previous) }
    let calls = Log<String>()
    manual.executor.onQuiescence { calls.append("before") }
    manual.executor.onQuiescence { throw Oops(13) }
    manual.executor.onQuiescence { calls.append("after") }
    let work = Future(on: manual.executor) { 1 }
    manual.run()
    _ = Future(on: manual.executor) {}
    manual.run()
    #expect(work.done())
    #expect(calls.all == ["before", "after", "before", "after"])
    #expect(reports.count == 1)
    #expect(reports.all.first?.contains("\"noisy\"") == true)
    #expect(reports.all.first?.contains("Oops(number: 13)") == true)
  }

  @Test func `A callback that blocks for the result of a later one does not hang`() {
    let executor = TaskletExecutor("blocking", configuration: .init(threads: 1))
    let gate = Promise<Int>()
    let calls = Log<String>()
    let registrations = [
      executor.onQuiescence {
        block(for: gate.future)
        calls.append("blocked")
      },
      executor.onQuiescence {
        calls.append("later")
        gate.succeed(1)
      },
    ]
    spin { calls.all.contains("blocked") }
    #expect(calls.all.first == "later")
    for registration in registrations { registration.cancel() }
    executor.shutdown()
  }

  @Test func `Callbacks behind one that blocks are called once`() {
    let manual = ManualExecutor()
    let gate = Promise<Int>()
    let calls = Log<String>()
    manual.executor.onNextQuiescence {
      block(for: gate.future)
      calls.append("blocked")
    }
    manual.executor.onNextQuiescence {
      calls.append("later")
      gate.succeed(1)
    }
    manual.run()
    #expect(calls.all == ["later", "blocked"])
  }

  @Test func `An executor whose only job blocks is quiescent`() throws {
    let manual = ManualExecutor()
    let gate = Promise<Int>()
    let job = Future(on: manual.executor) {
      // Nothing else completes it.
      manual.executor.onNextQuiescence { gate.succeed(1) }
      return try gate.future.getResult()
    }
    manual.run()
    #expect(try job.getResult() == 1)
  }

  @Test func `Threads call quiescence callbacks when the last job is done`() {
    let executor = TaskletExecutor("quiet", configuration: .init(threads: 3))
    let running = Counter()
    let ended = Counter()
    let wrong = Counter()
    let idle = Counter()
    let registration = executor.onQuiescence {
      if running.value != ended.value { wrong.raise() }
      idle.raise()
    }
    // A spawn from here may come while the callbacks run, so each waits for the last call's end.
    spin { idle.value == 1 }
    for round in 1...200 {
      _ = Future(on: executor) {
        running.raise()
        let futures = (0..<10).map { _ in
          Future(on: executor) {
            running.raise()
            ended.raise()
          }
        }
        await Future.waitAll(futures)
        ended.raise()
      }
      spin { idle.value > round }
    }
    registration.cancel()
    #expect(wrong.value == 0)
    executor.shutdown()
  }
}

private func block(for future: FutureCore) { future.wait() }
