// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import Arrival

/// What is reported of a thread that blocks for code of the actor that it holds. Each in a process
/// of its own, because the handler and the patience are the process's.
@Suite struct HeldActorTests {
  @Test func `A main thread that blocks for the main actor is reported and marked in a dump`() async
  {
    await #expect(processExitsWith: .success) {
      HeldActorWatch.patience.store(50_000_000, ordering: .relaxed)
      let reports = heldActorReports()
      let promise = Promise<Void>("rescue")
      // Runs on the main thread, which then blocks for code that needs it.
      let work = Future("needs the main actor") {
        await Task { @MainActor in block(Future("inner") { await onMain() }, or: promise) }.value
      }
      while reports.count == 0 { await Task.yield() }
      let text = "\(reports.all[0])"
      precondition(text.contains("\"inner\""), text)
      let dump = PendingFutures.formatDump()
      precondition(dump.contains("perhaps for code of the same actor"), dump)
      promise.succeed()
      await work.wait()
      precondition(reports.count == 1)
    }
  }

  @Test func `An actor that blocks for itself is reported by its name`() async {
    await #expect(processExitsWith: .success) {
      HeldActorWatch.patience.store(50_000_000, ordering: .relaxed)
      let reports = heldActorReports()
      let promise = Promise<Void>("rescue")
      let cache = Cache()
      let work = Future { await cache.blockForItself(or: promise) }
      while reports.count == 0 { await Task.yield() }
      let text = "\(reports.all[0])"
      precondition(text.hasPrefix("a thread of the actor Cache blocks"), text)
      promise.succeed()
      await work.wait()
    }
  }

  @Test func `A main thread that blocks while its work goes on is not reported`() async {
    await #expect(processExitsWith: .success) {
      HeldActorWatch.patience.store(50_000_000, ordering: .relaxed)
      let reports = heldActorReports()
      await Task { @MainActor in
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(400)
        let never = Promise<Void>()
        block(Future { while clock.now < end {} }, or: never)
        block(Future { try? await Future.sleep(for: .milliseconds(200)).value }, or: never)
      }.value
      precondition(reports.count == 0, "\(reports.all)")
    }
  }
}

@MainActor private func onMain() {}

private actor Cache {
  func value() -> Int { 1 }
  func blockForItself(or rescue: Promise<Void>) {
    block(Future("own") { _ = await self.value() }, or: rescue)
  }
}

private func block(_ future: Future<Void>, or rescue: Promise<Void>) {
  _ = Future.waitAny([future, rescue.future])
}

private func heldActorReports() -> Log<Diagnostic> {
  let log = Log<Diagnostic>()
  Diagnostic.setHandler { if case .blocksActor = $0 { log.append($0) } }
  return log
}
