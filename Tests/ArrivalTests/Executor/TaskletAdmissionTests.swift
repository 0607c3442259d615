// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// What an executor accepts while it shuts down: each race of a start with a shutdown is a straight
/// line of calls.
@Suite struct TaskletAdmissionTests {
  private func loop() -> RunLoop {
    RunLoop(parallelism: 1, maxSpareThreads: 0, keepAlive: 1_000, shuffle: nil)
  }

  private let executor = TaskletExecutor.manual("unused", seed: nil)

  private func tasklet(_ promise: Promise<Int>) -> Tasklet {
    // Without a first job it counts as begun.
    Tasklet(
      executor: executor, future: promise.future, spawner: nil, servesOthers: false,
      cancelsWhenUnobserved: false)
  }

  private var timer: Timer { Timer(deadline: 5) { _ in } }

  @Test func `An open executor admits everything`() {
    var admission = TaskletAdmission()
    let isAdmitted1 = admission.admit(isChild: false)
    #expect(isAdmitted1)
    let isAdmitted2 = admission.admit(isChild: true)
    #expect(isAdmitted2)
    #expect(admission.isOpen && admission.acceptsTimers && !admission.isSettled)
    admission.arrived()
    admission.arrived()
    #expect(admission.isSettled)
  }

  @Test func `A closing executor admits children and timers, a closed one nothing`() {
    var admission = TaskletAdmission()
    admission.beginClosing()
    let isAdmitted3 = admission.admit(isChild: false)
    #expect(!isAdmitted3)
    let isAdmitted4 = admission.admit(isChild: true)
    #expect(isAdmitted4)
    #expect(!admission.isOpen && admission.acceptsTimers)
    admission.arrived()
    admission.close()
    let isAdmitted5 = admission.admit(isChild: false)
    let isChildAdmitted5 = admission.admit(isChild: true)
    #expect(!isAdmitted5 && !isChildAdmitted5)
    #expect(!admission.acceptsTimers && !admission.isSettled)
    admission.failedAll()
    #expect(admission.isSettled)
  }

  @Test func `A second shutdown does not open a closed executor again`() {
    var admission = TaskletAdmission()
    admission.beginClosing()
    admission.close()
    admission.beginClosing()
    let isAdmitted6 = admission.admit(isChild: true)
    #expect(!isAdmitted6 && !admission.acceptsTimers)
  }

  @Test func `The loop is not at rest while an admitted tasklet is on its way`() throws {
    var loop = loop()
    let isAdmitted7 = loop.admit(isChild: false)
    #expect(isAdmitted7)
    loop.beginClosing()
    // The thread that was admitted creates its task; meanwhile the shutdown waits.
    let worker = try #require(loop.add(IdleCallback(.atRest, repeats: false) {}).started)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil != nil)
    let promise = Promise<Int>()
    let tasklet = tasklet(promise)
    #expect(loop.enqueue(.start(tasklet)).woken === worker)
    // It is claimed, so nothing is left to run. Now it is among the pending ones.
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 1)
    #expect(loop.close().tasklets.count == 1)
    _ = loop.finished(tasklet)
    promise.succeed(1)
  }

  @Test func `A start that comes after the end of a shutdown is refused`() {
    var loop = loop()
    loop.beginClosing()
    #expect(loop.close().tasklets.isEmpty)
    _ = loop.failedAll()
    let isAdmitted8 = loop.admit(isChild: false)
    let isChildAdmitted8 = loop.admit(isChild: true)
    #expect(!isAdmitted8 && !isChildAdmitted8)
    let refused = loop.add(timer)
    #expect(refused == nil && loop.statistics.timers == 0)
  }

  @Test func `A timer set before the end is taken with it, and one set after it is refused`() {
    var loop = loop()
    _ = loop.set(timer)
    loop.beginClosing()
    _ = loop.set(timer)
    #expect(loop.close().timers.count == 2)
    let refused = loop.add(timer)
    #expect(refused == nil)
    #expect(loop.close().timers.isEmpty)
  }

  @Test func `A second shutdown is not at rest while the first still fails what it took`() throws {
    var loop = loop()
    loop.beginClosing()
    _ = loop.close()
    let worker = try #require(loop.add(IdleCallback(.atRest, repeats: false) {}).started)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil != nil)
    #expect(loop.failedAll().woken === worker)
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 1)
  }

  @Test func `The last tasklet that ends calls those that wait for the end`() throws {
    var loop = loop()
    let promises = [Promise<Int>(), Promise<Int>()]
    let tasklets = promises.map(tasklet)
    for tasklet in tasklets {
      let isAdmitted9 = loop.admit(isChild: false)
      #expect(isAdmitted9)
      _ = loop.enqueue(.start(tasklet))
    }
    _ = loop.workerDidNotStart()
    loop.beginClosing()
    let worker = try #require(
      loop.add(IdleCallback(.ended(except: nil), repeats: false) {}).started
        ?? loop.enqueue(.work(WorkItem {})).started)
    while loop.workerAsks(worker, now: { 0 }).sleepsUntil == nil {}
    #expect(loop.finished(tasklets[1]).woken === worker)
    #expect(loop.workerAsks(worker) { 0 }.sleepsUntil != nil)
    #expect(loop.finished(tasklets[0]).woken === worker)
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 1)
    for promise in promises { promise.succeed(1) }
  }

  @Test func `A tasklet that ends before it is queued is not pending`() {
    var loop = loop()
    let promise = Promise<Int>()
    let tasklet = tasklet(promise)
    let isAdmitted = loop.admit(isChild: false)
    #expect(isAdmitted)
    _ = loop.finished(tasklet)
    #expect(loop.enqueue(.start(tasklet)).started != nil)
    #expect(loop.statistics.pendingTasklets == 0)
    promise.succeed(1)
  }

  @Test func `A tasklet whose future was done before it started is not pending`() {
    let future = Future<Int>(
      pending: "work", site: SourceSite(function: #function, file: #fileID, line: #line))
    future.cancel()
    executor.start(future) {
      #expect(Task.isCancelled)
      return 1
    }
    #expect(executor.statistics().pendingTasklets == 0)
    while executor.runOnce() {}
    #expect(executor.statistics().pendingTasklets == 0)
    #expect(executor.shutdown(within: .zero).isEmpty)
  }

  @Test func `The tasklet that shuts its own executor down is not waited for`() throws {
    var loop = loop()
    let promise = Promise<Int>()
    let caller = tasklet(promise)
    let isAdmitted10 = loop.admit(isChild: false)
    #expect(isAdmitted10)
    let worker = try #require(loop.enqueue(.start(caller)).started)
    loop.beginClosing()
    _ = loop.add(IdleCallback(.ended(except: caller), repeats: false) {})
    #expect(loop.workerAsks(worker) { 0 }.idleCount == 1)
    _ = loop.finished(caller)
    promise.succeed(1)
  }
}
