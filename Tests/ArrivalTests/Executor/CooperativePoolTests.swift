// SPDX-License-Identifier: Apache-2.0
import Arrival
import Dispatch
import Testing

/// What is reported of threads of Swift's own pool that block. Each in a process of its own,
/// because a place is reported once in a process's life, and the hook is the process's.
@Suite struct CooperativePoolTests {
  @Test
  func `A blocking wait on the cooperative pool is reported once for each place, with advice`()
    async
  {
    await #expect(processExitsWith: .success) {
      let reports = Reports.install()
      // Goes on when it was reported, then twenty times more.
      for round in 0..<20 {
        await Task.detached { blockHere(later { round > 0 || reports.count == 1 }) }.value
      }
      precondition(reports.count == 1)
      await Task.detached { blockThere(later { reports.count == 2 }) }.value
      // In an actor that has no executor of its own, too.
      await PoolActor().block(later { reports.count == 3 })
      precondition(reports.count == 3)
      for report in reports.all {
        precondition("\(report)".contains("holds a thread of Swift's cooperative pool"))
        precondition("\(report)".contains("make the waiting function async and await"))
      }
    }
  }

  @Test func `A hundred tasks that block at one place give one report`() async {
    await #expect(processExitsWith: .success) {
      let reports = Reports.install()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<100 { group.addTask { blockHere(later { reports.count > 0 }) } }
      }
      precondition(reports.count == 1)
    }
  }

  @Test func `Blocking anywhere else is not reported`() async {
    await #expect(processExitsWith: .success) {
      let reports = Reports.install()
      let executor = TaskletExecutor("own")
      await Future(on: executor) { blockHere(later()) }.wait()
      await Task(executorPreference: executor) { blockHere(later()) }.value
      await MainActor.run { blockHere(later()) }
      PlainThread { blockHere(later()) }.join()
      let queue = Promise<Void>()
      DispatchQueue.global().async {
        blockHere(later())
        queue.succeed()
      }
      await queue.future.wait()
      // What is done already puts no thread to sleep.
      await Task.detached { blockHere(Future(value: ())) }.value
      precondition(reports.count == 0)
    }
  }
}

private enum Reports {
  static func install() -> Log<Diagnostic> {
    let log = Log<Diagnostic>()
    Diagnostic.setHandler { diagnostic in
      if case .blocksCooperativePool = diagnostic { log.append(diagnostic) }
    }
    return log
  }
}

/// Done when somebody has been waiting for it for a moment, and the condition holds.
private func later(_ condition: @escaping @Sendable () -> Bool = { true }) -> Future<Void> {
  let promise = Promise<Void>()
  _ = PlainThread {
    spin { promise.future.hasWaiters && condition() }
    Future.sleep(for: .milliseconds(1)).wait()
    promise.succeed()
  }
  return promise.future
}

@inline(never) private func blockHere(_ future: Future<Void>) { future.wait() }
@inline(never) private func blockThere(_ future: Future<Void>) { future.wait() }

private actor PoolActor {
  func block(_ future: Future<Void>) { blockThere(future) }
}
