// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// The kinds of work that a future can stand for.
enum Work: String, CaseIterable, Sendable {
  case load, loadInLane, loadWaitingForSlot, loadWaitingForRoom, loadHeldForResource, loadUnderWay
  case loadBetweenRetries
  case limitedLoad, limitedLoadUnderWay, cachedLoad, cachedLoadUnderWay, cacheHit, limitedCacheHit
  case sleep, tasklet, derived, combination, timeout, secondStep

  /// Whether the work has begun when it is abandoned, so that it has to be cancelled.
  var isUnderWay: Bool {
    switch self {
    case .loadUnderWay, .limitedLoadUnderWay, .cachedLoadUnderWay, .tasklet: true
    default: false
    }
  }

  /// Whether the batcher has a cache.
  var isCached: Bool {
    switch self {
    case .cachedLoad, .cachedLoadUnderWay, .cacheHit, .limitedCacheHit: true
    default: false
    }
  }
}

/// Work of one kind on a manual executor, and what can be seen of it.
final class WorkScene: Sendable {
  let work: Work
  let manual = ManualExecutor()
  /// Lets calls and tasklets end.
  let gate = Promise<Void>("gate")
  let sent = Log<Int>()
  let cancelled = Counter()
  let future = Weak<FutureCore>()
  private let batcher: Batcher<Int, Int>
  private let blockers: [Future<Int>]

  static let key = 7

  init(_ work: Work) {
    self.work = work
    var configuration = BatcherConfiguration(deduplicates: work != .loadHeldForResource)
    switch work {
    case .loadWaitingForRoom:
      configuration.maxConcurrentBatches = 1
      configuration.maxQueued = 1
    case .loadWaitingForSlot: configuration.maxConcurrentBatches = 1
    default: break
    }
    batcher = Batcher(
      "scene", configuration: configuration, on: manual.executor,
      conflicts: work == .loadHeldForResource ? .by { $0 % 10 } : nil,
      cache: work.isCached ? .lru(10) : .none,
      retry: work == .loadBetweenRetries
        ? RetryPolicy(initialDelay: .seconds(5)) { $0 is Oops } : nil
    ) { [gate, sent, cancelled] (keys: [Int]) in
      for key in keys { sent.append(key) }
      if work == .loadBetweenRetries, sent.count == 1 { throw Oops() }
      do { try await gate.future.value } catch {
        cancelled.raise()
        throw error
      }
      return keys
    }
    var blockers: [Future<Int>] = []
    switch work {
    case .loadWaitingForSlot, .loadHeldForResource, .loadWaitingForRoom:
      blockers = [batcher.load(Self.key + 10)]
      manual.advance(by: .milliseconds(1))
      if work == .loadWaitingForRoom { blockers.append(batcher.load(Self.key + 20)) }
    default: break
    }
    self.blockers = blockers
  }

  deinit { gate.succeed() }

  // MARK: The work

  /// Begins the work, and keeps no future of it alive.
  func begin() -> Future<Int> { track(make()) }

  private func track<Value>(_ future: Future<Value>) -> Future<Value> {
    self.future.object = future
    return future
  }

  private func make() -> Future<Int> {
    switch work {
    case .load, .loadWaitingForSlot, .loadHeldForResource, .loadUnderWay, .loadBetweenRetries,
      .cachedLoad, .cachedLoadUnderWay:
      return batcher.load(Self.key)
    case .limitedLoad, .limitedLoadUnderWay: return batcher.load(Self.key, within: .seconds(30))
    case .cacheHit, .limitedCacheHit:
      let first = batcher.load(Self.key)
      let hit = batcher.load(Self.key, within: work == .cacheHit ? nil : .seconds(30))
      first.cancel()
      return hit
    case .loadWaitingForRoom:
      return Future(on: manual.executor) { [batcher] in
        try await batcher.loadWhenReady(Self.key).value
      }
    case .loadInLane: return batcher.load(Self.key, lane: "lane")
    case .sleep, .derived: return nap().map { Self.key }
    case .tasklet:
      return Future(on: manual.executor) { [gate, cancelled] in
        do { try await gate.future.value } catch {
          cancelled.raise()
          throw error
        }
        return Self.key
      }
    case .combination:
      return Future.all(batcher.load(Self.key), nap().map { 1 }).map { $0.0 }
    case .timeout: return batcher.load(Self.key).timeout(after: .seconds(9), on: manual.executor)
    case .secondStep:
      return Future(value: 1).flatMap { [batcher] _ in batcher.load(Self.key) }
    }
  }

  private func nap() -> Future<Void> { Future.sleep(for: .seconds(9), on: manual.executor) }

  /// Begins the work and waits for it.
  nonisolated(nonsending) func wait(_ wait: Wait) async throws {
    if work == .sleep {
      try await wait.wait(for: track(nap()))
    } else {
      try await wait.wait(for: begin())
    }
  }

  // MARK: The moment of the cancellation

  /// Runs the work until something waits for its future, and on until it is what its kind says.
  func runUntilAwaited() {
    spin {
      if future.object?.hasWaiters == true { return true }
      _ = manual.runOnce()
      return false
    }
    reachState()
  }

  func reachState() {
    switch work {
    case .loadUnderWay, .limitedLoadUnderWay, .cachedLoadUnderWay, .loadBetweenRetries:
      manual.advance(by: .milliseconds(1))
    case .tasklet, .loadWaitingForRoom: manual.run()
    default: break
    }
  }

  // MARK: Afterwards

  /// Expects that nothing is left of the work, and that it is never done.
  func expectGone() {
    manual.advance(by: .milliseconds(1))
    // A batch that has not left still holds the futures that were cancelled in it.
    #expect(future.object == nil || future.object?.done() == true)
    #expect(manual.executor.statistics().timers == 0)
    #expect(manual.executor.statistics().pendingTasklets == (blockers.isEmpty ? 0 : 1))
    #expect(cancelled.value == (work.isUnderWay ? 1 : 0))
    gate.succeed()
    manual.advance(by: .seconds(20))
    #expect(future.object == nil)
    let isSent = work == .loadBetweenRetries || (work.isUnderWay && work != .tasklet)
    #expect(sent.all.filter { $0 == Self.key }.count == (isSent ? 1 : 0))
    #expect(batcher.statistics().queued == 0 && batcher.statistics().batchesUnderWay == 0)
  }

  /// Ends the work, and expects that it has not been cancelled.
  func end() {
    manual.advance(by: .milliseconds(1))
    gate.succeed()
    manual.advance(by: .seconds(20))
    #expect(cancelled.value == 0)
    #expect(manual.executor.statistics().timers == 0)
    #expect(manual.executor.statistics().pendingTasklets == 0)
  }
}

/// The ways to wait that end when the waiting task is cancelled.
enum Wait: String, CaseIterable, Sendable {
  case value, getResult, checkSuccess, withinLimit, all, allOfMany, allSettled, any, race, map
  case flatMap, recover, timeout, reduce, asCompleted, nested

  nonisolated(nonsending) func wait<Value: Sendable>(for future: consuming Future<Value>)
    async throws
  {
    switch self {
    case .value: _ = try await future.value
    case .getResult: _ = try await future.getResult()
    case .checkSuccess: try await future.checkSuccess()
    case .withinLimit: _ = try await future.getResult(within: .seconds(100))
    case .all: _ = try await Future.all([future]).value
    case .allOfMany: _ = try await Future.all(future, Future(value: 1)).value
    case .allSettled: _ = try await Future.allSettled([future]).value
    case .any: _ = try await Future.any([future]).value
    case .race: _ = try await Future.race([future]).value
    case .map: _ = try await future.map { $0 }.value
    case .flatMap:
      let inner = future
      _ = try await Future(value: 1).flatMap { _ in inner }.value
    case .recover: _ = try await future.recover { throw $0 }.value
    case .timeout: _ = try await future.timeout(after: .seconds(100)).value
    case .reduce: _ = try await Future.reduce([future]) { $1 }.value
    case .asCompleted:
      for try await done in Future.asCompleted([future]) { _ = try await done.value }
    case .nested: _ = try await Future.race([Future.all([future.map { $0 }])]).map { $0 }.value
    }
  }
}
