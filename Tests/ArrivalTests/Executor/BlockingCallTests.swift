// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Testing

@testable import Arrival

/// Foreign calls that block, and callbacks on a chosen executor.
@Suite struct BlockingCallTests {
  private func executor(threads: Int = 1, spare: Int = 8) -> TaskletExecutor {
    TaskletExecutor("small", configuration: .init(threads: threads, maxSpareThreads: spare))
  }

  @Test func `A spare thread takes the place of a thread in a blocking call`() throws {
    let executor = executor()
    let semaphore = DispatchSemaphore(value: 0)
    let blocked = Future(on: executor) {
      TaskletExecutor.blocking { semaphore.wait() }
      return TaskletExecutor.current === executor
    }
    while executor.statistics().blockedThreads == 0 {}
    let other = Future(on: executor) { semaphore.signal() }
    #expect(other.wait(for: .seconds(60)))
    #expect(try blocked.getResult())
    executor.shutdown()
    #expect(executor.statistics().blockedThreads == 0)
  }

  @Test func `A batch leaves while a tasklet is in a blocking call`() throws {
    let executor = executor()
    let batcher = Batcher<Int, Int>(configuration: .init(maxDelay: .seconds(600)), on: executor) {
      (keys: [Int]) in keys
    }
    let semaphore = DispatchSemaphore(value: 0)
    let blocked = Future(on: executor) { TaskletExecutor.blocking { semaphore.wait() } }
    let load = Future(on: executor) { try await batcher.load(1).value }
    #expect(load.wait(for: .seconds(60)))
    semaphore.signal()
    blocked.wait()
    executor.shutdown()
  }

  @Test func `A blocking call is made although no thread is left`() throws {
    let executor = executor(spare: 0)
    let result = Future(on: executor) { TaskletExecutor.blocking { 7 } }
    #expect(result.wait(for: .seconds(60)))
    #expect(try result.getResult() == 7)
    executor.shutdown()
  }

  @Test func `A blocking call may wait, start tasklets, throw and nest`() throws {
    let executor = executor()
    let result = Future(on: executor) {
      try TaskletExecutor.blocking { () throws -> Int in
        let inner = Future { 3 }
        let nested = TaskletExecutor.blocking { 4 }
        if try inner.getResult() + nested == 7 { throw Oops(7) }
        return 0
      }
    }
    #expect(result.getException() as? Oops == Oops(7))
    executor.shutdown()
    #expect(executor.statistics().blockedThreads == 0)
  }

  @Test func `A blocking call outside of executors is just made`() {
    #expect(TaskletExecutor.blocking { 7 } == 7)
  }

  // MARK: Callbacks on an executor

  @Test func `A callback runs on the chosen executor, in order on one thread`() throws {
    let executor = executor()
    let promise = Promise<Int>()
    let log = Log<Int>()
    let done = Promise<Bool>()
    for number in 0..<100 { promise.future.onCompletion(on: executor) { _ in log.append(number) } }
    promise.future.onCompletion(on: executor) { _ in
      done.succeed(TaskletExecutor.current === executor)
    }
    promise.succeed(1)
    #expect(try done.future.getResult())
    #expect(log.all == Array(0..<100))
    executor.shutdown()
  }
}
