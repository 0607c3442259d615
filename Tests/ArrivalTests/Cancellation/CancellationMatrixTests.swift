// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Every kind of work, every way to wait for it, and every way to abandon it.
@Suite struct CancellationMatrixTests {
  @Test(arguments: Work.allCases, Wait.allCases)
  func `Work that only a cancelled tasklet waits for is cancelled`(_ work: Work, _ wait: Wait) {
    let scene = WorkScene(work)
    let request = Future(on: scene.manual.executor) { try await scene.wait(wait) }
    scene.runUntilAwaited()
    request.cancel()
    scene.manual.run()
    #expect(request.isCancelled)
    scene.expectGone()
  }

  @Test(arguments: Work.allCases, Wait.allCases)
  func `Work that only a cancelled task waits for is cancelled`(
    _ work: Work, _ wait: Wait
  ) async {
    let scene = WorkScene(work)
    let request = Task { try await scene.wait(wait) }
    await yield { scene.future.object?.hasWaiters == true }
    scene.reachState()
    request.cancel()
    await #expect(throws: CancellationError.self) { try await request.value }
    scene.expectGone()
  }

  @Test(arguments: Work.allCases, Wait.allCases)
  func `Work that only a cancelled task group waits for is cancelled`(
    _ work: Work, _ wait: Wait
  ) {
    let scene = WorkScene(work)
    let cancels = Promise<Void>()
    let request = Future(on: scene.manual.executor) {
      await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await scene.wait(wait) }
        await cancels.future.wait()
        group.cancelAll()
        await #expect(throws: CancellationError.self) { try await group.next() }
      }
    }
    scene.runUntilAwaited()
    cancels.succeed()
    scene.manual.run()
    #expect(request.done())
    scene.expectGone()
  }

  @Test(arguments: Work.allCases)
  func `Work is cancelled through tasklets that wait for each other`(_ work: Work) {
    let scene = WorkScene(work)
    let request = Future(on: scene.manual.executor) {
      try await Future {
        async let child: Void = scene.wait(.value)
        try await child
      }.value
    }
    scene.runUntilAwaited()
    request.cancel()
    scene.manual.run()
    #expect(request.isCancelled)
    scene.expectGone()
  }

  @Test(arguments: Work.allCases)
  func `Cancelling the future of the work cancels the work`(_ work: Work) {
    let scene = WorkScene(work)
    do {
      let future = scene.begin()
      scene.reachState()
      future.cancel()
      scene.manual.run()
      #expect(future.isCancelled)
    }
    scene.expectGone()
  }

  /// Futures that are made of another one.
  enum Derivation: CaseIterable, Sendable {
    case map, flatMap, recover, timeout, all, allSettled, any, race, reduce

    func derive(_ future: Future<Int>, on executor: TaskletExecutor) -> FutureCore {
      switch self {
      case .map: future.map { $0 }
      case .flatMap: Future(value: 1).flatMap { _ in future }
      case .recover: future.recover { _ in 1 }
      case .timeout: future.timeout(after: .seconds(100), on: executor)
      case .all: Future.all([future])
      case .allSettled: Future.allSettled([future])
      case .any: Future.any([future])
      case .race: Future.race([future])
      case .reduce: Future.reduce([future]) { $1 }
      }
    }
  }

  @Test(arguments: Work.allCases, Derivation.allCases)
  func `Cancelling a future that is made of the work's cancels the work`(
    _ work: Work, _ derivation: Derivation
  ) {
    let scene = WorkScene(work)
    do {
      let derived = derivation.derive(scene.begin(), on: scene.manual.executor)
      scene.reachState()
      derived.cancel()
      scene.manual.run()
      #expect(derived.isCancelled)
    }
    scene.expectGone()
  }

  /// What else may be interested in the result of the work.
  enum Interest: CaseIterable, Sendable {
    case tasklet, task, callback, derived, combination, holder
  }

  @Test(arguments: Work.allCases, Interest.allCases)
  func `Work that something else is interested in goes on`(
    _ work: Work, _ interest: Interest
  ) async throws {
    let scene = WorkScene(work)
    let future = scene.begin()
    let seen = Promise<Int>()
    switch interest {
    case .tasklet: Future(on: scene.manual.executor) { try await future.value }.pass(to: seen)
    case .task: _ = Task { seen.complete(await future.result) }
    case .callback: future.pass(to: seen)
    case .derived: future.map { $0 }.pass(to: seen)
    case .combination: Future.all([future]).map { $0[0] }.pass(to: seen)
    case .holder: break
    }
    await yield { interest == .holder || interest == .tasklet || future.hasWaiters }
    scene.reachState()
    let requests = Wait.allCases.map { wait in
      Future(on: scene.manual.executor) { try await wait.wait(for: future) }
    }
    while !requests.allSatisfy({ $0.done() }) {
      _ = scene.manual.runOnce()
      for request in requests { request.cancel() }
    }
    for request in requests { #expect(request.isCancelled) }
    scene.end()
    if interest == .holder { future.pass(to: seen) }
    await yield { seen.future.done() }
    #expect(try await seen.future.value == WorkScene.key)
  }

  @Test(arguments: Work.allCases)
  func `Work goes on whose future is dropped, or whose waiter's time is up`(_ work: Work) {
    for isAwaited in [false, true] {
      let scene = WorkScene(work)
      let request = Future(on: scene.manual.executor) {
        let future = scene.begin()
        if isAwaited { _ = await future.wait(for: .nanoseconds(1)) }
      }
      scene.manual.advance(by: .nanoseconds(1))
      #expect(request.done())
      weak let future = scene.future.object
      #expect(future != nil)
      scene.end()
      #expect(future == nil)
      #expect(work == .sleep || work == .derived || scene.sent.count > 0 || work == .tasklet)
    }
  }

  @Test(arguments: Work.allCases)
  func `Waits that cannot throw go on when their task is cancelled`(_ work: Work) {
    let waits: [@Sendable (Future<Int>) async -> Void] = [
      { await $0.wait() }, { _ = await $0.result }, { _ = await $0.getException() },
      { _ = await $0.getTraceback() }, { await Future.waitAll([$0]) },
      { _ = await Future.waitAny([$0]) },
    ]
    for wait in waits {
      let scene = WorkScene(work)
      let request = Future(on: scene.manual.executor) { await wait(scene.begin()) }
      scene.runUntilAwaited()
      request.cancel()
      scene.manual.run()
      #expect(!request.done())
      scene.end()
      #expect(request.done() && !request.isCancelled)
    }
  }
}

extension Future {
  fileprivate func pass(to promise: Promise<Value>) { onCompletion { promise.complete($0) } }
}
