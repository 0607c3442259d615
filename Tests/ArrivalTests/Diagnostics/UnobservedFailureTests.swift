// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalTesting
import Testing

/// The hook is one for the program, so these look for reports of their own futures alone.
@Suite(.serialized) struct UnobservedFailureTests {
  private struct Unheard: Error {}
  private struct Expected: Error {}
  // `@unchecked Sendable`: it holds nothing.
  private class ExpectedBase: Error, @unchecked Sendable {}
  // Nor does this.
  private final class ExpectedDerived: ExpectedBase, @unchecked Sendable {}

  /// The reports that come while `body` runs, of errors that passed a future of this name.
  private func reports(of name: String, _ body: () throws -> Void) rethrows -> [UnobservedFailure] {
    let seen = Log<UnobservedFailure>()
    let passed = { @Sendable (frame: Traceback.Frame) in
      if case .creation(let future?) = frame.kind { future.hasPrefix(name) } else { false }
    }
    let previous = Diagnostic.setHandler { diagnostic in
      if case .unobservedFailure(let failure) = diagnostic,
        failure.traceback.frames.contains(where: { passed($0) })
      {
        seen.append(failure)
      }
    }
    defer { Diagnostic.setHandler(previous) }
    try body()
    return seen.all
  }

  @Test func `A promise that is dropped together with its future reports nothing`() {
    let reports = reports(of: "dropped promise") {
      _ = Promise<Int>("dropped promise")
      let promise = Promise<Int>("dropped promise")
      promise.onCancel {}
      #expect(promise.future.outcome == nil)
    }
    #expect(reports.isEmpty)
  }

  @Test func `A promise that is dropped while its future is held reports the future`() {
    let reports = reports(of: "held future") {
      let future = Promise<Int>("held future").future
      #expect(future.done())
    }
    #expect(reports.count == 1 && reports[0].error is BrokenPromise)
  }

  @Test func `A shutdown whose time is up reports no promise of its own`() {
    let reports = reports(of: "the end of limited") {
      let executor = TaskletExecutor("limited", configuration: .init(threads: 1))
      let never = Promise<Int>()
      let waiter = Future(on: executor) { try await never.future.value }
      spin { never.future.hasWaiters }
      #expect(executor.shutdown(within: .zero).count == 1)
      #expect(waiter.getException() is ExecutorShutDown)
      never.succeed(1)
    }
    #expect(reports.isEmpty)
  }

  @Test func `A failure that nobody looked at is reported once, when the future is freed`() throws {
    let reports = reports(of: "unseen 1") {
      let manual = ManualExecutor()
      _ = Future<Int>("unseen 1", on: manual.executor) { throw Unheard() }
      manual.run()
    }
    let report = try #require(reports.first)
    #expect(reports.count == 1)
    #expect(report.error is Unheard)
    #expect(report.count == 1)
    #expect(report.creationSite.file.hasSuffix("UnobservedFailureTests.swift"))
    #expect(!report.traceback.frames.isEmpty)
    let text = report.description
    #expect(text.contains("\"unseen 1\""))
    #expect(text.contains("UnobservedFailureTests.swift:\(report.creationSite.line)"))
    #expect(text.contains("Unheard"))
    #expect(!text.contains("\n"))
  }

  @Test func `A report names each place once, and a derived future has no name`()
    throws
  {
    let reports = reports(of: "unseen 7") {
      let promise = Promise<Int>("unseen 7")
      _ = promise.future.map { $0 }
      promise.fail(Unheard())
    }
    let report = try #require(reports.first)
    #expect(reports.count == 1)
    #expect(report.name == nil)
    let site = report.creationSite
    #expect(report.description.hasPrefix("the future created in \(site) failed and"))
    #expect(!report.description.contains("line \(site.line),"))
    #expect(report.description.contains("(future \"unseen 7\" created)"))
  }

  @Test func `A failure that passed through 10,000 futures is reported in a few lines`() {
    struct Deep: Error {}
    let seen = Log<UnobservedFailure>()
    let previous = Diagnostic.setHandler { diagnostic in
      if case .unobservedFailure(let failure) = diagnostic, failure.error is Deep {
        seen.append(failure)
      }
    }
    defer { Diagnostic.setHandler(previous) }
    do {
      let promise = Promise<Int>()
      var future = promise.future
      for _ in 0..<10_000 { future = future.map { $0 + 1 } }
      promise.fail(Deep())
    }
    #expect(seen.count == 1)
    #expect(seen.all.allSatisfy { $0.description.utf8.count < 4_000 })
    #expect(seen.all.allSatisfy { $0.description.contains("(promise failed)") })
    #expect(seen.all.allSatisfy { !$0.description.contains("  ") })
  }

  @Test func `Waiting, asking whether it is done and describing it is no look`() {
    let reports = reports(of: "unseen 2") {
      let promise = Promise<Int>("unseen 2")
      promise.fail(Unheard())
      promise.future.wait()
      Future.waitAll([promise.future])
      _ = Future.waitAny([promise.future])
      _ = promise.future.done()
      _ = promise.future.description
      _ = promise.future.isCancelled
    }
    #expect(reports.count == 1)
  }

  @Test func `Code that was given the error has looked at it`() {
    let looks: [(Future<Int>) -> Void] = [
      { _ = try? $0.getResult() },
      { try? $0.checkSuccess() },
      { _ = $0.getException() },
      { _ = $0.getTraceback() },
      { $0.onCompletion { _ in } },
      { _ = ErrorReport($0) },
      { _ = $0.recover { _ in 1 } },
      { _ = Future.allSettled([$0]) },
      { _ = Future.any([$0, Future(value: 1)]) },
    ]
    for (number, look) in looks.enumerated() {
      let reports = reports(of: "unseen 3") {
        let promise = Promise<Int>("unseen 3")
        promise.fail(Unheard())
        look(promise.future)
      }
      #expect(reports.isEmpty, "\(number)")
    }
  }

  @Test func `A future that carries the error on is answered for in its place`() {
    let ways: [(Future<Int>) -> (any AnyFuture)?] = [
      { $0.map { $0 } }, { $0.map { $0 }.map { $0 } }, { $0.flatMap { Future(value: $0) } },
      { $0.timeout(after: .seconds(1)) },
    ]
    for (number, way) in ways.enumerated() {
      for isLookedAt in [false, true] {
        let reports = reports(of: "unseen 4") {
          let promise = Promise<Int>("unseen 4")
          let carrying = way(promise.future)
          promise.fail(Unheard())
          if isLookedAt { _ = carrying?.getException() }
        }
        #expect(reports.count == (isLookedAt ? 0 : 1), "\(number)")
      }
    }
  }

  @Test
  func `The errors of the losers of a race, and those after the first of all, are not reported`() {
    let reports = reports(of: "unseen 5") {
      let promises = (0..<3).map { _ in Promise<Int>("unseen 5") }
      let done = [
        Future.race([Future(value: 1)] + promises.map(\.future)).map { _ in },
        Future.all([Future(error: Unheard())] + promises.map(\.future)).map { _ in },
      ]
      for future in done { #expect(future.done()) }
      for future in done { _ = future.getException() }
      for promise in promises { promise.fail(Unheard()) }
    }
    #expect(reports.isEmpty)
  }

  @Test func `Cancellations, expected types and their subclasses are not reported`() {
    UnobservedFailure.expect(Expected.self)
    UnobservedFailure.expect(ExpectedBase.self)
    let errors: [any Error] = [CancellationError(), Expected(), ExpectedDerived()]
    let reports = reports(of: "unseen 6") {
      for error in errors { _ = Future<Int>(error: error, name: "unseen 6") }
      let promise = Promise<Int>("unseen 6")
      promise.future.cancel()
      promise.succeed(1)
    }
    #expect(reports.isEmpty)
  }

  @Test func `An error that fails a whole batch is reported once, with how many it failed`() throws
  {
    let batcher = Batcher<Int, Int>(
      "unseen 7", configuration: .init(maxBatchSize: 1_000, maxDelay: .seconds(1 << 20))
    ) {
      (keys: [Int]) -> [Int] in throw Unheard()
    }
    for looks in [false, true] {
      var futures: [Future<Int>] = []
      let seen = Log<UnobservedFailure>()
      let previous = Diagnostic.setHandler { diagnostic in
        if case .unobservedFailure(let failure) = diagnostic, failure.error is Unheard {
          seen.append(failure)
        }
      }
      futures = try onThread { (0..<1_000).map { batcher.load($0) } }
      Future.waitAll(futures)
      if looks { _ = futures[500].getException() }
      futures = []
      batcher.flush()
      // The batch lets go of its futures when its tasklet has ended.
      if !looks { spin { seen.count > 0 } }
      Diagnostic.setHandler(previous)
      #expect(seen.all.map(\.count) == (looks ? [] : [1_000]))
    }
  }

  @Test func `An error that comes too late for a future is not reported`() {
    let reports = reports(of: "unseen 8") {
      let promise = Promise<Int>("unseen 8")
      promise.succeed(1)
      promise.fail(Unheard())
    }
    #expect(reports.isEmpty)
  }
}
