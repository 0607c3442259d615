// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// The thread that keeps the time while every worker runs, as a pure machine.
@Suite struct ExtraThreadTests {
  private let grace = RunLoop.grace
  private var item: RunLoop.Ready { .work(WorkItem {}) }
  private func timer(_ deadline: UInt64) -> Timer { Timer(deadline: deadline) { _ in } }

  /// A loop whose only worker runs.
  private func busyLoop(spare: Int = 4) throws -> (RunLoop, Worker) {
    var loop = RunLoop(
      parallelism: 1, maxSpareThreads: spare, keepAlive: 1_000_000_000, shuffle: nil)
    let worker = try #require(loop.enqueue(item).started)
    #expect(loop.workerAsks(worker) { 0 }.isRun)
    return (loop, worker)
  }

  @Test func `While all workers run, a timer starts a thread, and ready work does not`() throws {
    var (loop, _) = try busyLoop()
    #expect(loop.enqueue(item).isNobody)
    #expect(loop.statistics.threads == 1)
    #expect(loop.set(timer(50)).started != nil)
  }

  @Test func `An extra runs due timers and what they made ready, and nothing else`() throws {
    var (loop, _) = try busyLoop()
    let extra = try #require(loop.set(timer(50)).started)
    #expect(loop.enqueue(item).isNobody)
    #expect(loop.workerAsks(extra) { 0 }.sleepsUntil == 50 + grace)
    #expect(loop.workerAsks(extra) { 50 + grace }.isTimer)
    #expect(loop.enqueueTimely(item) { 50 + grace }.started != nil)
    #expect(loop.workerAsks(extra) { 50 + grace }.isRun)
    #expect(loop.workerAsks(extra) { 50 + grace }.sleepsUntil == 1_000_000_050 + grace)
    #expect(loop.statistics.ready == 1)
  }

  @Test func `An extra leaves a timer to a worker that asks within the time of grace`() throws {
    var (loop, worker) = try busyLoop()
    let extra = try #require(loop.set(timer(50)).started)
    #expect(loop.workerAsks(extra) { 60 }.sleepsUntil == 50 + grace)
    #expect(loop.workerAsks(worker) { 70 }.isTimer)
    #expect(loop.workerAsks(extra) { 50 + grace }.sleepsUntil == 1_000_000_060)
  }

  @Test func `Timers that are set while an extra sleeps for an earlier one wake nobody`() throws {
    var (loop, _) = try busyLoop()
    let extra = try #require(loop.set(timer(50)).started)
    #expect(loop.workerAsks(extra) { 0 }.sleepsUntil == 50 + grace)
    #expect(loop.set(timer(80)).isNobody)
    #expect(loop.set(timer(20)).woken === extra)
  }

  @Test func `Timely work that takes long gets another thread each time of grace`() throws {
    var (loop, _) = try busyLoop(spare: 3)
    var extra = try #require(loop.set(timer(0)).started)
    for _ in 0..<10 { _ = loop.enqueueTimely(item) { 0 } }
    var started = 0
    for round in 1...10 {
      let now = UInt64(round) * grace
      // None of them ends.
      guard let wakeup = loop.workerAsks(extra, now: { now }).wakeup, let next = wakeup.started
      else { break }
      started += 1
      // The new one does not begin at once.
      #expect(loop.workerAsks(next) { now }.sleepsUntil == now + grace)
      extra = next
    }
    #expect(started == 3)
    #expect(loop.statistics.threads == 5)
  }

  @Test func `Without spare threads there is still one extra`() throws {
    var (loop, _) = try busyLoop(spare: 0)
    #expect(loop.set(timer(0)).started != nil)
    #expect(loop.statistics.threads == 2)
  }

  @Test func `Timely work and ready work take turns`() throws {
    var (loop, worker) = try busyLoop()
    var isTimely: [Bool] = []
    for _ in 0..<3 {
      _ = loop.enqueue(item)
      _ = loop.set(timer(0))
    }
    for _ in 0..<6 { isTimely.append(loop.workerAsks(worker) { 1 }.isTimer) }
    // The pass that was under way knew of none.
    #expect(isTimely.filter { $0 }.count == 3)
    #expect(!isTimely.indices.dropFirst().contains { isTimely[$0] && isTimely[$0 - 1] })
  }

  @Test func `An extra ends after its keep-alive`() throws {
    var (loop, _) = try busyLoop()
    let early = timer(50)
    let extra = try #require(loop.set(early).started)
    _ = loop.workerAsks(extra) { 0 }
    let wasSet = loop.remove(early)
    #expect(wasSet)
    #expect(loop.workerAsks(extra) { 50 + grace }.sleepsUntil == 1_000_000_000)
    #expect(loop.workerAsks(extra) { 1_000_000_000 }.isExit)
  }
}

extension RunLoop.OnAsk {
  fileprivate var wakeup: RunLoop.Wakeup? {
    if case .run(_, let wakeup) = self { wakeup } else { nil }
  }
  fileprivate var isTimer: Bool {
    if case .run(.timer, _) = self { true } else { false }
  }
}
