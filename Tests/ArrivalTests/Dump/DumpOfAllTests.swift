// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Synchronization
import Testing

@testable import Arrival

/// `PendingFutures.dump()`, while other tests have things pending too: each looks for its own part.
@Suite(.serialized) struct DumpOfAllTests {
  private let everything = DumpLimits(lines: 1_000_000)

  /// The part of one executor, without the other parts.
  private func part(_ name: String, of text: String) -> [Substring] {
    let lines = text.split(separator: "\n")
    guard let start = lines.firstIndex(where: { $0.hasPrefix("executor \"\(name)\":") }) else {
      return []
    }
    return [lines[start]] + lines[(start + 1)...].prefix { !$0.hasPrefix("executor ") }
  }

  @Test func `A dump shows the tasklets of an executor once each, the oldest first`() {
    let manual = ManualExecutor("dumped")
    let promise = Promise<Int>("end")
    let first = Future("first", on: manual.executor) { try await promise.future.value }
    let second = Future("second", on: manual.executor) { try await first.value }
    let third = Future("third", on: manual.executor) { 3 }
    let nap = Future.sleep(for: .seconds(3), on: manual.executor)
    _ = manual.runOnce()
    _ = manual.runOnce()
    let lines = part("dumped", of: PendingFutures.formatDump(limits: everything))
    #expect(
      lines.map { String($0).withoutSites.replacing(/\[\d+\]/, with: "[1]") } == [
        "executor \"dumped\": 3 tasklets pending, 1 jobs ready, 1 timers, 0 threads, 0 of them"
          + " blocked",
        "- tasklet \"first\" created in \(first.creationSite), 0 ms old, on \"dumped\" [1]",
        "  - awaits (0 ms) promise \"end\" created in \(promise.future.creationSite)",
        "- tasklet \"second\" created in \(second.creationSite), 0 ms old, on \"dumped\"",
        "  - awaits (0 ms) what is above, see [1]",
        "- tasklet \"third\" created in \(third.creationSite), 0 ms old, on \"dumped\", has not"
          + " begun",
      ])
    promise.succeed(1)
    nap.cancel()
    manual.run()
    #expect(part("dumped", of: PendingFutures.formatDump(limits: everything)).isEmpty)
  }

  @Test func `A dump shows threads and tasks that wait outside of tasklets`() async {
    let promise = Promise<Int>("awaited from outside")
    let thread = PlainThread { promise.future.wait() }
    let task = Task { await promise.future.wait() }
    let many = PlainThread { _ = Future.waitAny([promise.future, promise.future]) }
    await yield { OutsideWaits.current(limit: .max).count { $0.isFor(promise.future) } == 3 }
    let text = PendingFutures.formatDump(limits: everything)
    let title = "promise \"awaited from outside\" created in \(promise.future.creationSite)"
    let lines = text.split(separator: "\n")
    #expect(lines.contains { $0.contains(title) })
    #expect(lines.contains { $0.hasPrefix("- a thread blocks (") })
    #expect(lines.contains { $0.hasPrefix("- a task awaits (") })
    #expect(lines.contains { $0.contains("waits outside of tasklets") })
    promise.succeed(1)
    thread.join()
    many.join()
    await task.value
  }

  @Test func `A dump reads only as many tasklets as it shows`() {
    let manual = ManualExecutor("crowd")
    let promise = Promise<Int>()
    let count = 20_000
    let futures = (0..<count).map { _ in
      Future(on: manual.executor) { try await promise.future.value }
    }
    let all = Future(on: manual.executor) { await Future.waitAll(futures) }
    manual.run()
    let load = ExecutorRegistry.loads(limit: 50).first { $0.name == "crowd" }
    #expect(load?.statistics.pendingTasklets == count + 1)
    #expect(load.map { $0.tasklets.count <= 50 } == true)
    let text = all.formatDump(limits: .init(lines: 50, depth: 5, width: 20))
    #expect(text.split(separator: "\n").count <= 100)
    #expect(text.contains("… and \(count - 20) more"))
    promise.succeed(1)
    manual.run()
    #expect(all.done())
  }

  @Test func `The oldest tasklets are found after others have left the list`() {
    let manual = ManualExecutor("list")
    let promises = (0..<6).map { _ in Promise<Int>() }
    let futures = promises.enumerated().map { index, promise in
      Future("\(index)", on: manual.executor) { try await promise.future.value }
    }
    func names(_ limit: Int) -> [String?] {
      manual.executor.loop.withLock { $0.liveTasklets.oldest(limit: limit) }.map(\.future?.name)
    }
    manual.run()
    #expect(names(3) == ["0", "1", "2"])
    for index in [0, 3, 5] { promises[index].succeed(1) }
    manual.run()
    #expect(names(2) == ["1", "2"])
    #expect(names(9) == ["1", "2", "4"])
    for promise in promises { promise.succeed(1) }
    manual.run()
    #expect(names(9) == [] && futures.allSatisfy { $0.done() })
    let again = Future("again", on: manual.executor) { 1 }
    #expect(names(1) == ["again"])
    manual.run()
    #expect(again.done())
  }

  @Test func `A dump keeps nothing alive`() {
    weak var executor: TaskletExecutor?
    weak var future: Future<Int>?
    func run() {
      let manual = ManualExecutor("kept")
      let promise = Promise<Int>()
      let tasklet = Future(on: manual.executor) { try await promise.future.value }
      executor = manual.executor
      future = tasklet
      manual.run()
      #expect(PendingFutures.formatDump(limits: everything).contains("\"kept\""))
      promise.succeed(1)
      manual.run()
    }
    run()
    #expect(executor == nil && future == nil)
    #expect(!PendingFutures.formatDump(limits: everything).contains("\"kept\""))
  }

  /// Under the thread and address sanitizers this is the proof that reading harms nobody.
  @Test func `Dumps may be made while executors and futures come and go`() {
    let isOver = Atomic<Bool>(false)
    let churn = (0..<3).map { number in
      PlainThread {
        for round in 0..<60 {
          let executor = TaskletExecutor("churn", configuration: .init(threads: 2))
          let promise = Promise<Int>()
          let batcher = Batcher<Int, Int>("churn", on: executor) { (keys: [Int]) in keys }
          let futures = (0..<10).map { index in
            Future(on: executor) { () async throws -> Int in
              switch (index + round + number) % 4 {
              case 0: try await promise.future.value
              case 1: try await Future.all([promise.future, batcher.load(index)]).value[1]
              case 2: try await Future.sleep(for: .microseconds(50)).map { 1 }.value
              default: try block(promise.future)
              }
            }
          }
          promise.succeed(1)
          Future.waitAll(futures)
          executor.shutdown()
        }
      }
    }
    let dumpers = (0..<2).map { _ in
      PlainThread {
        while !isOver.load(ordering: .relaxed) {
          _ = PendingFutures.formatDump(limits: .init(lines: 200, depth: 6, width: 4))
        }
      }
    }
    for thread in churn { thread.join() }
    isOver.store(true, ordering: .relaxed)
    for thread in dumpers { thread.join() }
  }
}

extension PendingWait {
  fileprivate func isFor(_ future: FutureCore) -> Bool {
    switch targets {
    case .one(let target): target === future
    case .all(let targets), .any(let targets): targets.contains { $0 === future }
    case .source: false
    }
  }
}
