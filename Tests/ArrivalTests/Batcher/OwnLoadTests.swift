// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Synchronization
import Testing

@testable import Arrival

/// Each caller has a future of its own, though a cache lets several share one load.
@Suite struct OwnLoadTests {
  let manual = ManualExecutor()
  let calls = Log<[Int]>()
  let cancelled = Counter()
  let gate = Promise<Void>()
  let remaining = Log<Duration?>()

  private func cached(_ cache: CachePolicy<Int, Int> = .lru(10)) -> Batcher<Int, Int> {
    Batcher("cached", on: manual.executor, cache: cache) {
      [calls, cancelled, gate, remaining] (keys: [Int]) in
      calls.append(keys)
      remaining.append(BatchCall.current?.remainingTime())
      do { try await gate.future.value } catch {
        cancelled.raise()
        throw error
      }
      remaining.append(BatchCall.current?.remainingTime())
      return keys.map { $0 < 0 ? .failure(Oops($0)) : .success($0) }
    }
  }

  private func settle() { manual.advance(by: .milliseconds(1)) }

  @Test(arguments: [false, true], [false, true])
  func `Cancelling one caller's future affects no other`(
    isUnderWay: Bool, isCustom: Bool
  ) throws {
    for victim in 0..<3 {
      let scene = OwnLoadTests()
      let batcher = scene.cached(
        isCustom ? .custom(BatcherCacheTests.Table(throwing: false)) : .lru(10))
      let futures = (0..<3).map { $0 == 1 ? batcher.load(1, within: .seconds(9)) : batcher.load(1) }
      if isUnderWay { scene.settle() }
      futures[victim].cancel()
      #expect(futures.map { $0.isCancelled } == (0..<3).map { $0 == victim })
      scene.settle()
      scene.gate.succeed()
      scene.settle()
      for (index, future) in futures.enumerated() where index != victim {
        #expect(try future.getResult() == 1)
      }
      #expect(scene.cancelled.value == 0)
      #expect(batcher.statistics().hits == 2)
    }
  }

  @Test(arguments: [false, true])
  func `When the last caller has cancelled, the load is, and the next is a new one`(
    isUnderWay: Bool
  ) throws {
    let batcher = cached()
    let futures = (0..<3).map { _ in batcher.load(1) }
    if isUnderWay { settle() }
    for future in futures { future.cancel() }
    manual.run()
    #expect(cancelled.value == (isUnderWay ? 1 : 0))
    let next = batcher.load(1)
    settle()
    gate.succeed()
    settle()
    #expect(try next.getResult() == 1)
    #expect(calls.count == (isUnderWay ? 2 : 1))
  }

  @Test func `A load that nobody waits for goes on, whatever happens to those that share it`()
    throws
  {
    let batcher = cached()
    _ = batcher.load(1)
    batcher.load(1).cancel()
    let request = Future(on: manual.executor) { try await batcher.load(1).value }
    manual.run()
    request.cancel()
    settle()
    gate.succeed()
    settle()
    #expect(try batcher.load(1).getResult() == 1)
    #expect(calls.all == [[1]] && cancelled.value == 0)
  }

  @Test(arguments: [false, true])
  func `A future whose time is up is freed, though the call goes on`(isHit: Bool) {
    let batcher = isHit ? cached() : cached(.none)
    let patient = batcher.load(1)
    weak var freed: Future<Int>?
    do {
      let hurried = batcher.load(1, within: .milliseconds(5))
      freed = hurried
      manual.advance(by: .milliseconds(5))
      let error = hurried.getException() as? TimeoutError
      #expect(error?.limit == .milliseconds(5))
      #expect(error?.creationSite == hurried.creationSite)
    }
    #expect(freed == nil)
    #expect(!patient.done() && cancelled.value == 0)
    #expect(manual.executor.statistics().timers == 0)
    gate.succeed()
    settle()
    #expect((try? patient.getResult()) == 1)
  }

  @Test func `A call behind a cache is cancelled when the time of its last caller is up`() {
    let batcher = cached()
    let futures = [3, 9, 6].map { batcher.load(1, within: .seconds($0)) }
    manual.advance(by: .seconds(8))
    #expect(futures.map { $0.done() } == [true, false, true])
    #expect(cancelled.value == 0)
    manual.advance(by: .seconds(1))
    #expect(futures[1].getException() is TimeoutError)
    #expect(cancelled.value == 1)
  }

  /// The limits of loads before the call and during it, and what the call then knows.
  static let limits: [([Int?], [Int?], Int?, Int?)] = [
    ([3], [], 3, 3), ([3, 9, 6], [], 9, 9), ([3, nil], [], nil, nil), ([nil, 3], [], nil, nil),
    ([3], [9, 6], 3, 9), ([9], [3], 9, 9), ([3], [9, nil], 3, nil), ([nil], [3], nil, nil),
  ]

  @Test(arguments: limits)
  func `A call behind a cache knows the latest limit of all that share it`(
    before: [Int?], meanwhile: [Int?], atFirst: Int?, later: Int?
  ) {
    let batcher = cached()
    func load(_ limits: [Int?]) -> [Future<Int>] {
      limits.map { batcher.load(1, within: $0.map { .seconds($0) }) }
    }
    let futures = Future(on: manual.executor) { load(before) }
    manual.run()
    let more = load(meanwhile)
    gate.succeed()
    manual.run()
    #expect(remaining.all == [atFirst.map { .seconds($0) }, later.map { .seconds($0) }])
    _ = (futures, more)
  }

  @Test func `An error that several callers share is the same for all, with its traceback`() {
    let batcher = cached()
    let futures = (0..<3).map { _ in batcher.load(-1) }
    settle()
    gate.succeed()
    settle()
    for future in futures {
      #expect(future.getException() as? Oops == Oops(-1))
      #expect(future.getTraceback() != nil)
    }
  }

  @Test func `A load is cancelled only for callers that cancel, on many threads`() {
    let executor = TaskletExecutor("sharing", configuration: .init(threads: 3))
    let batcher = Batcher<Int, Int>("shared", on: executor, cache: .lru(4)) { (keys: [Int]) in
      await Task.yield()
      return keys
    }
    let harmed = Counter()
    onThreads(4) { thread in
      for round in 0..<3_000 {
        let key = round / 7
        let future = batcher.load(key, within: round % 3 == 0 ? .seconds(100) : nil)
        if (round + thread) % 2 == 0 {
          future.cancel()
        } else if future.getException() != nil {
          harmed.raise()
        }
        if round % 5 == 0 { batcher.clear(key) }
      }
    }
    #expect(harmed.value == 0)
    batcher.flush()
    let statistics = batcher.statistics()
    #expect(statistics.queued == 0 && statistics.batchesUnderWay == 0)
    #expect(executor.statistics().timers == 0)
    executor.shutdown()
  }

  @Test func `Requests that are cancelled at any moment harm no other, and leave nothing`() async {
    let executor = TaskletExecutor("requests", configuration: .init(threads: 3))
    let configuration = BatcherConfiguration(maxBatchSize: 5, maxConcurrentBatches: 2)
    let batchers = [CachePolicy<Int, Int>.none, .lru(50)].map { cache in
      Batcher<Int, Int>(
        "busy", configuration: configuration, on: executor, cache: cache,
        retry: RetryPolicy(initialDelay: .microseconds(10), budget: nil) { _ in true }
      ) { (keys: [Int]) in
        await Task.yield()
        if keys.contains(where: { $0 % 50 == 0 }), BatchCall.current?.attempt == 1 { throw Oops() }
        return keys
      }
    }
    for round in 0..<300 {
      let batcher = batchers[round % 2]
      let requests = (0..<12).map { index in
        Future(on: executor) {
          let key = round * 10 + index % 8
          let future = index % 5 == 0 ? batcher.load(key, within: .seconds(100)) : batcher.load(key)
          return index % 3 == 0 ? try await Future.all([future]).value[0] : try await future.value
        }
      }
      for _ in 0..<round % 7 { await Task.yield() }
      for request in requests[..<(round % 12)] { request.cancel() }
      for (index, request) in requests.enumerated() where index >= round % 12 {
        #expect(await request.getException() == nil)
      }
    }
    for batcher in batchers {
      await batcher.flush()
      #expect(batcher.statistics().queued == 0 && batcher.statistics().batchesUnderWay == 0)
    }
    await yield { executor.statistics().timers == 0 && executor.statistics().pendingTasklets == 0 }
    await executor.shutdown()
  }
}
