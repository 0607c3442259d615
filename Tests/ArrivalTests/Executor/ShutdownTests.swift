// SPDX-License-Identifier: Apache-2.0
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

  @Test func `No tasklet started during a shutdown stays pending`() {
    let never = Promise<Void>("never")
    for _ in 0..<100 {
      let executor = TaskletExecutor("racing", configuration: .init(threads: 2))
      let futures = Log<Future<Void>>()
      onThreads(4) { index in
        if index == 0 { return executor.shutdown() }
        for _ in 0..<100 {
          futures.append(Future(on: executor) { try await never.future.value })
        }
      }
      // The shutdown has returned, and so has every start.
      #expect(futures.all.allSatisfy { $0.getExceptionNow() is ExecutorShutDown })
    }
  }

  @Test func `A stopped executor refuses timers, sleeps and time limits`() async {
    let executor = TaskletExecutor("stopped")
    await executor.shutdown()
    let promise = Promise<Int>()
    let sleep = Future.sleep(for: .seconds(1), on: executor)
    let limited = promise.future.timeout(after: .seconds(1), on: executor)
    #expect((sleep.getExceptionNow() as? ExecutorShutDown)?.executor == "stopped")
    #expect((limited.getExceptionNow() as? ExecutorShutDown)?.executor == "stopped")
    #expect(executor.statistics().timers == 0)
    #expect(!promise.future.done() && !promise.future.hasWaiters)
    promise.succeed(1)
    // A future that is done needs no timer.
    let done = promise.future.timeout(after: .seconds(1), on: executor)
    #expect(done.getExceptionNow() == nil && done.done())
  }

  @Test func `A running tasklet may start children during a shutdown`() {
    let executor = TaskletExecutor("closing", configuration: .init(threads: 1))
    let begun = Promise<Void>()
    let goOn = Promise<Void>()
    let parent = Future(on: executor) {
      begun.succeed()
      // Blocks, so that the executor counts it as running in no other way than by its thread.
      while !goOn.future.done() {}
      let child = Future(on: executor) {
        await Task.yield()
        return try await Future(on: executor) { 1 }.value + 1
      }
      return try await child.value + 1
    }
    begun.future.wait()
    let stopper = PlainThread { executor.shutdown() }
    spin { executor.isClosing }
    #expect(Future(on: executor) {}.getExceptionNow() is ExecutorShutDown)
    goOn.succeed()
    stopper.join()
    #expect(parent.done() && (try? parent.getResult()) == 3)
  }

  @Test func `A shutdown with a limit gives tasklets that wait for something outside time to end`()
  {
    let executor = TaskletExecutor("ending", configuration: .init(threads: 1))
    let gate = Promise<Int>()
    let outside = Future(on: executor) { try await gate.future.value }
    let asleep = Future(on: executor) {
      try await Future.sleep(for: .milliseconds(5), on: executor).value
    }
    spin { gate.future.hasWaiters }
    let stopper = PlainThread { #expect(executor.shutdown(within: .seconds(600)).isEmpty) }
    spin { executor.isClosing }
    gate.succeed(3)
    stopper.join()
    #expect(outside.done() && (try? outside.getResult()) == 3)
    #expect(asleep.done() && asleep.getException() == nil)
  }

  @Test func `A shutdown with a limit names what did not end`() async {
    let executor = TaskletExecutor("ending", configuration: .init(threads: 2))
    let (never, open) = (Promise<Int>("never"), Promise<Void>())
    let waiting = Future("waiting", on: executor) { try await never.future.value }
    await yield { never.future.hasWaiters }
    let computing = Future("computing", on: executor) { while !open.future.done() {} }
    let nap = Future.sleep(for: .seconds(1_000_000), on: executor)
    let unfinished = await executor.shutdown(within: .milliseconds(1))
    #expect(unfinished.map(\.name) == ["waiting", "computing"])
    #expect(unfinished.first?.description.contains("never") == true)
    #expect(unfinished.first?.creationSite == waiting.creationSite)
    for future in [waiting.getExceptionNow(), computing.getExceptionNow(), nap.getExceptionNow()] {
      #expect(future is ExecutorShutDown)
    }
    open.succeed()
    never.succeed(1)
    // A shutdown without a limit waits for the end of the code, too.
    await executor.shutdown()
  }

  @Test func `A tasklet that shuts its own executor down within a limit does not wait for itself`()
  {
    let executor = TaskletExecutor("own", configuration: .init(threads: 1))
    let ended = Promise<[UnfinishedTasklet]>()
    let future = Future(on: executor) { ended.succeed(shutDown(executor, within: .seconds(600))) }
    #expect((try? ended.future.getResult())?.isEmpty == true)
    #expect(future.getException() is ExecutorShutDown)
  }

  @Test func `Shutdowns at the same time all wait for the end`() async {
    let executor = TaskletExecutor("several", configuration: .init(threads: 2))
    let never = Promise<Int>()
    let pending = (0..<50).map { _ in Future(on: executor) { try await never.future.value } }
    let ready = (0..<50).map { index in Future(on: executor) { index } }
    onThreads(4) { index in
      if index == 0 {
        _ = executor.shutdown(within: .zero)
        return
      }
      executor.shutdown()
      #expect(pending.allSatisfy { $0.done() } && ready.allSatisfy { $0.done() })
    }
    never.succeed(1)
  }

  @Test func `A shutdown inside a quiescence callback ends`() {
    let executor = TaskletExecutor("inside", configuration: .init(threads: 1))
    let ended = Promise<Void>()
    executor.onQuiescence {
      shutDown(executor)
      ended.succeed()
    }
    ended.future.wait()
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

private func shutDown(
  _ executor: TaskletExecutor, within limit: Duration
) -> [UnfinishedTasklet] { executor.shutdown(within: limit) }

extension Future {
  /// What a done future failed with, in async code too.
  func getExceptionNow() -> (any Error)? { done() ? getException() : nil }
}
