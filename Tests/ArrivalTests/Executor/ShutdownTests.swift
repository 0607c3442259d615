import Arrival
import ArrivalTesting
import Testing

@Suite struct ShutdownTests {
  @Test func `Ready work runs to its end before shutdown returns`() {
    let executor = TaskletExecutor("ending", configuration: .init(threads: 2))
    let count = Counter()
    let futures = (0..<500).map { _ in
      Future(on: executor) {
        await Task.yield()
        count.raise()
      }
    }
    executor.shutdown()
    #expect(count.value == 500)
    #expect(futures.allSatisfy { $0.done() && $0.getException() == nil })
  }

  @Test func `A tasklet started afterwards fails with an error that names the executor`() async {
    let executor = TaskletExecutor("closed")
    await executor.shutdown()
    let ran = Counter()
    let future = Future(on: executor) { ran.raise() }
    #expect(future.done())
    #expect((await future.getException() as? ExecutorShutDown)?.executor == "closed")
    #expect(ran.value == 0)
  }

  @Test func `Pending futures and timers fail at shutdown, and tasks are cancelled`() async {
    let executor = TaskletExecutor("ending", configuration: .init(threads: 1))
    let never = Promise<Int>()
    let ended = Log<String>()
    let pending = Future(on: executor) {
      do { return try await never.future.value } catch {
        ended.append("\(error is CancellationError)")
        throw error
      }
    }
    let nap = Future.sleep(for: .seconds(1_000_000), on: executor)
    let limited = Future(on: executor) { await never.future.wait(for: .seconds(1_000_000)) }
    await yield { never.future.hasWaiters }
    await executor.shutdown()
    #expect(await pending.getException() is ExecutorShutDown)
    #expect(await nap.getException() is ExecutorShutDown)
    #expect(await limited.getException() is ExecutorShutDown)
    #expect(ended.all == ["true"])
    #expect(executor.statistics().timers == 0)
    #expect(executor.statistics().pendingTasklets == 0)
    #expect(!never.future.hasWaiters)
    never.succeed(1)
  }

  @Test func `The threads end at shutdown`() async {
    let executor = TaskletExecutor("ending", configuration: .init(threads: 2))
    await Future.waitAll((0..<20).map { _ in Future(on: executor) {} })
    await executor.shutdown()
    // Each ends as soon as it is scheduled.
    await yield { executor.statistics().threads == 0 }
  }

  @Test func `An executor that was shut down is freed`() async {
    weak var weakly: TaskletExecutor?
    do {
      let executor = TaskletExecutor("freed", configuration: .init(threads: 2))
      weakly = executor
      await Future.waitAll((0..<20).map { _ in Future(on: executor) {} })
      await executor.shutdown()
    }
    await yield { weakly == nil }
  }

  @Test func `Steps of tasks that come after shutdown still run`() async throws {
    let executor = TaskletExecutor("late", configuration: .init(threads: 1))
    let gate = Promise<Int>()
    let task = Task(executorPreference: executor) {
      await gate.future.wait()
      return try await gate.future.value + 1
    }
    await yield { gate.future.hasWaiters }
    await executor.shutdown()
    gate.succeed(1)
    #expect(try await task.value == 2)
  }

  @Test func `A second shutdown waits too and changes nothing`() async {
    let executor = TaskletExecutor("twice", configuration: .init(threads: 1))
    await Future(on: executor) {}.wait()
    async let first: Void = executor.shutdown()
    async let second: Void = executor.shutdown()
    _ = await (first, second)
    await executor.shutdown()
    #expect(Future(on: executor) {}.getExceptionNow() is ExecutorShutDown)
  }

  @Test func `An executor that never worked can be shut down, blocking and suspending`() async {
    func block() { TaskletExecutor("unused").shutdown() }
    block()
    await TaskletExecutor("unused").shutdown()
  }

  @Test func `A tasklet may shut its own executor down`() {
    let executor = TaskletExecutor("own", configuration: .init(threads: 1))
    let ended = Promise<Void>()
    let future = Future(on: executor) {
      shutDown(executor)
      ended.succeed()
    }
    ended.future.wait()
    #expect(future.getException() is ExecutorShutDown)
  }

  @Test func `Tasklets started during a shutdown either run or fail`() {
    for _ in 0..<100 {
      let executor = TaskletExecutor("racing", configuration: .init(threads: 2))
      let futures = Log<Future<Int>>()
      onThreads(3) { index in
        if index == 0 { return executor.shutdown() }
        for number in 0..<50 { futures.append(Future(on: executor) { number }) }
      }
      Future.waitAll(futures.all)
      #expect(
        futures.all.allSatisfy {
          $0.getException() == nil || $0.getException() is ExecutorShutDown
        })
    }
  }

  @Test func `A manual executor can be shut down, blocking and suspending`() async {
    for blocks in [true, false] {
      let manual = ManualExecutor()
      let never = Promise<Int>()
      let pending = Future(on: manual.executor) { try await never.future.value }
      let ready = Future(on: manual.executor) { 1 }
      let nap = Future.sleep(for: .seconds(1), on: manual.executor)
      if blocks { shutDown(manual.executor) } else { await manual.executor.shutdown() }
      #expect(ready.getExceptionNow() == nil)
      #expect(pending.getExceptionNow() is ExecutorShutDown)
      #expect(nap.getExceptionNow() is ExecutorShutDown)
      #expect(!never.future.hasWaiters)
      never.succeed(1)
    }
  }
}

private func shutDown(_ executor: TaskletExecutor) { executor.shutdown() }

extension Future {
  /// What a done future failed with, in async code too.
  func getExceptionNow() -> (any Error)? { done() ? getException() : nil }
}
