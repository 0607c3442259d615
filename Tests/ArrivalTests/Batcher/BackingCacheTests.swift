// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Synchronization
import Testing

@testable import Arrival

/// An asynchronous cache behind a batcher.
@Suite struct BackingCacheTests {
  let manual = ManualExecutor()
  let calls = Log<[Int]>()

  /// A cache of another process. It takes time, and may be down.
  final class Remote: BackingCache {
    struct Down: Error {}

    struct State {
      var values: [Int: Int] = [:]
      var isDown = false
      var told: [String] = []
    }

    let state: Mutex<State>
    /// Before it answers.
    let delay: @Sendable (_ call: String) async throws -> Void

    init(
      _ values: [Int: Int] = [:],
      delay: @escaping @Sendable (String) async throws -> Void = { _ in }
    ) {
      state = Mutex(State(values: values))
      self.delay = delay
    }

    var told: [String] { state.withLock { $0.told } }
    var all: [Int: Int] { state.withLock { $0.values } }

    private func call<Result: Sendable>(
      _ call: String, _ body: (inout State) -> sending Result
    ) async throws -> Result {
      state.withLock { $0.told.append(call) }
      try await delay(call)
      return try state.withLock { state in
        if state.isDown { throw Down() }
        return body(&state)
      }
    }

    func values(for keys: [Int]) async throws -> [Int: Int] {
      try await call("get \(keys)") { state in state.values.filter { keys.contains($0.key) } }
    }

    func store(_ values: [Int: Int]) async throws {
      try await call("set \(values.keys.sorted())") { $0.values.merge(values) { $1 } }
    }

    func remove(_ keys: [Int]) async throws {
      try await call("remove \(keys.sorted())") { state in
        for key in keys { state.values[key] = nil }
      }
    }

    func removeAll() async throws { try await call("removeAll") { $0.values = [:] } }
  }

  private func cached(
    _ cache: CachePolicy<Int, Int>, configuration: BatcherConfiguration = .default,
    before: @escaping @Sendable ([Int]) async throws -> Void = { _ in }
  ) -> Batcher<Int, Int> {
    Batcher("cached", configuration: configuration, on: manual.executor, cache: cache) {
      [calls] (keys: [Int]) in
      calls.append(keys)
      try await before(keys)
      return keys.map { key -> Result<Int, any Error> in
        key < 0 ? .failure(Oops(key)) : .success(key * 2)
      }
    }
  }

  private func settle() { manual.advance(by: .milliseconds(1)) }

  // MARK: Batches

  @Test func `A batch asks the cache once, calls for the misses and stores their values once`()
    throws
  {
    let remote = Remote([1: 100, 3: 300])
    let batcher = cached(.none.backed(by: remote))
    let futures = batcher.load(contentsOf: [1, 2, 3, 4, -5, 2, 1])
    settle()
    #expect(futures.map { try? $0.getResult() } == [100, 4, 300, 8, nil, 4, 100])
    #expect(remote.told == ["get [1, 2, 3, 4, -5]", "set [2, 4]"])
    #expect(calls.all == [[2, 4, -5]])
    #expect(remote.all == [1: 100, 2: 4, 3: 300, 4: 8])
    let statistics = batcher.statistics()
    #expect(statistics.loads == 7 && statistics.hits == 3 && statistics.coalesced == 1)
    #expect(statistics.keysSent == 3 && statistics.calls == 1 && statistics.queued == 0)
    #expect(statistics.batchSizes == [3: 1])
  }

  @Test func `If the cache has every key, the operation is not called and nothing is stored`() {
    let remote = Remote([1: 100, 2: 200])
    let batcher = cached(.none.backed(by: remote))
    _ = batcher.load(contentsOf: [1, 2])
    settle()
    #expect(remote.told == ["get [1, 2]"] && calls.count == 0)
    let statistics = batcher.statistics()
    #expect(statistics.hits == 2 && statistics.batches == 1 && statistics.calls == 0)
  }

  @Test func `Hits are delivered before the operation ends, and values before they are stored`()
    throws
  {
    let (called, stored) = (Promise<Void>(), Promise<Void>())
    let remote = Remote([1: 100]) { call in
      if call.hasPrefix("set") { try await stored.future.value }
    }
    let batcher = cached(.none.backed(by: remote)) { _ in try await called.future.value }
    let (hit, miss) = (batcher.load(1), batcher.load(2))
    settle()
    #expect(hit.done() && !miss.done())
    called.succeed()
    manual.run()
    #expect(miss.done() && remote.all[2] == nil)
    #expect(batcher.statistics().batchesUnderWay == 1)
    let flush = Future(on: manual.executor) { await batcher.flush() }
    manual.run()
    #expect(!flush.done())
    stored.succeed()
    manual.run()
    #expect(flush.done() && remote.all[2] == 4)
    #expect(batcher.statistics().batchesUnderWay == 0)
  }

  @Test func `The cache in memory is asked first, and keeps what the one behind it had`() {
    let remote = Remote([1: 100])
    let batcher = cached(.lru(10).backed(by: remote))
    for _ in 0..<2 {
      _ = batcher.load(contentsOf: [1, 2])
      settle()
    }
    #expect(remote.told == ["get [1, 2]", "set [2]"])
    #expect(batcher.statistics().hits == 3 && batcher.statistics().loads == 4)
  }

  @Test func `Loads with a lane do not ask it, and a batch that does has no lane`() {
    let lanes = Log<String>()
    let remote = Remote { _ in
      lanes.append("\(BatchCall.current?.lane(as: ObjectIdentifier.self) == nil)")
    }
    let batcher = cached(.none.backed(by: remote))
    let (plain, laned) = (batcher.load(1), batcher.load(1, lane: "x"))
    settle()
    #expect(plain.done() && laned.done())
    #expect(remote.told == ["get [1]", "set [1]"] && lanes.all == ["true", "true"])
    #expect(calls.all.count == 2)
  }

  @Test func `A scoped batcher asks the same cache in the same batch, or brings its own`() {
    let (remote, other) = (Remote(), Remote())
    let shared = cached(.none.backed(by: remote))
    let requests = [shared.scoped(cache: .lru(10)), shared.scoped(cache: .lru(10))]
    _ = shared.load(0)
    for (key, request) in requests.enumerated() { _ = request.load(key + 1) }
    _ = shared.scoped(cache: .none.backed(by: other)).load(3)
    settle()
    #expect(remote.told == ["get [0, 1, 2]", "set [0, 1, 2]"])
    #expect(other.told == ["get [3]", "set [3]"])
  }

  @Test func `Keys that fail for a transient reason are requested again without asking the cache`()
    throws
  {
    struct Busy: Error {}
    let tries = Counter()
    let remote = Remote([1: 100])
    let batcher = Batcher<Int, Int>(
      on: manual.executor, cache: .none.backed(by: remote), retry: RetryPolicy { $0 is Busy }
    ) { [calls] (keys: [Int]) -> [Result<Int, any Error>] in
      calls.append(keys)
      let isFirst = tries.raise() == 1
      return keys.map { isFirst && $0 == 3 ? .failure(Busy()) : .success($0) }
    }
    let futures = batcher.load(contentsOf: [1, 2, 3])
    manual.advance(by: .seconds(10))
    #expect(try futures.map { try $0.getResult() } == [100, 2, 3])
    #expect(calls.all == [[2, 3], [3]])
    #expect(remote.told == ["get [1, 2, 3]", "set [2, 3]"])
  }

  // MARK: Failures

  @Test func `A cache that is down is counted, and every key goes to the operation`() throws {
    let remote = Remote([1: 100])
    remote.state.withLock { $0.isDown = true }
    let batcher = cached(.none.backed(by: remote))
    let futures = batcher.load(contentsOf: [1, 2])
    settle()
    #expect(try futures.map { try $0.getResult() } == [2, 4])
    #expect(batcher.statistics().cacheErrors == 2)
    let removal = batcher.clear(1)
    settle()
    #expect(removal.getException() is Remote.Down)
    #expect(batcher.clearAll() !== removal)
    settle()
    #expect(batcher.statistics().cacheErrors == 4)
  }

  @Test func `An error of the operation passes through the cache with its traceback`() throws {
    let batcher = Batcher<Int, Int>(
      "failing", on: manual.executor, cache: .none.backed(by: Remote([1: 100]))
    ) { (keys: [Int]) -> [Int] in throw Oops(keys.count) }
    let (hit, miss) = (batcher.load(1), batcher.load(2))
    settle()
    #expect(try hit.getResult() == 100)
    #expect(miss.getException() as? Oops == Oops(1))
    let traceback = try #require(miss.getTraceback())
    #expect(!traceback.frames.isEmpty)
  }

  // MARK: Cancellation and time

  @Test func `A call of the cache that nobody waits for is cancelled, and nothing is sent`() {
    let cancelled = Counter()
    let gate = Promise<Void>()
    let remote = Remote { _ in
      do {
        try await gate.future.value
      } catch {
        cancelled.raise()
        throw error
      }
    }
    let batcher = cached(.none.backed(by: remote))
    let futures = batcher.load(contentsOf: [1, 2])
    settle()
    for future in futures { future.cancel() }
    settle()
    #expect(cancelled.value == 1 && calls.count == 0)
    let statistics = batcher.statistics()
    #expect(statistics.dropped == 2 && statistics.queued == 0 && statistics.cacheErrors == 0)
    #expect(statistics.batchesUnderWay == 0)
  }

  @Test func `A key whose loads ended while the cache was asked is not sent`() {
    let gate = Promise<Void>()
    let batcher = cached(.none.backed(by: Remote { _ in try await gate.future.value }))
    let futures = batcher.load(contentsOf: [1, 2])
    settle()
    futures[0].cancel()
    gate.succeed()
    settle()
    #expect(calls.all == [[2]])
    #expect(batcher.statistics().dropped == 1 && batcher.statistics().keysSent == 1)
  }

  @Test func `The cache knows how long the loads still wait`() {
    let times = Log<Duration?>()
    let batcher = cached(
      .none.backed(by: Remote { _ in times.append(BatchCall.current?.remainingTime()) }))
    _ = batcher.load(1, within: .seconds(3))
    manual.advance(by: .seconds(1))
    #expect(times.all.count == 2)
    #expect(times.all.allSatisfy { $0.map { $0 > .seconds(2) && $0 < .seconds(3) } ?? false })
  }

  @Test func `A cache that waits for its own batch is a deadlock, and the load does not hang`() {
    let own = Weak<Batcher<Int, Int>>()
    let future = Lock<Future<Int>?>(nil)
    let remote = Remote { call in
      if call.hasPrefix("get") { _ = try await future.withLock { $0 }?.value }
    }
    let batcher = cached(.none.backed(by: remote))
    own.object = batcher
    let load = batcher.load(1)
    future.withLock { $0 = load }
    settle()
    #expect(load.done())
    #expect(load.getException() is DeadlockError)
  }

  @Test func `An executor that shuts down ends batches that ask the cache`() {
    let gate = Promise<Void>()
    let batcher = cached(.none.backed(by: Remote { _ in await gate.future.wait() }))
    let future = batcher.load(1)
    settle()
    manual.executor.shutdown()
    #expect(future.getException() is ExecutorShutDown)
    gate.succeed()
    manual.run()
    let statistics = batcher.statistics()
    #expect(statistics.queued == 0 && statistics.dropped == 1 && calls.count == 0)
  }

  // MARK: Removing

  @Test func `clear removes the key from both caches, and keys cleared together go in one call`()
    throws
  {
    let remote = Remote([1: 100, 2: 200, 3: 300])
    let batcher = cached(.lru(10).backed(by: remote))
    _ = batcher.load(contentsOf: [1, 2])
    settle()
    let removals = [batcher.clear(1), batcher.clear(2)]
    settle()
    #expect(removals.allSatisfy { $0.done() })
    #expect(remote.told.last == "remove [1, 2]" && remote.all == [3: 300])
    let load = batcher.load(1)
    settle()
    #expect(try load.getResult() == 2)
    let all = batcher.clearAll()
    settle()
    #expect(all.done() && remote.all.isEmpty)
    let (plain, _) = BatcherTests.doubling(manual.executor)
    #expect(plain.clear(1).done() && plain.clearAll().done())
  }

  @Test func `A load after clear does not see the old value, however slow the removal is`() throws {
    let gate = Promise<Void>()
    let remote = Remote([1: 100, 2: 200]) { call in
      if call.hasPrefix("remove") { try await gate.future.value }
    }
    let batcher = cached(.none.backed(by: remote))
    batcher.clear(1)
    let (load, other) = (batcher.load(1), batcher.scoped(cache: .none).load(2))
    settle()
    #expect(!load.done() && !other.done())
    gate.succeed()
    settle()
    #expect(try load.getResult() == 2 && other.getResult() == 200)
  }

  @Test func `A value that was read before clear is not stored after it`() throws {
    let (called, stored) = (Promise<Void>(), Promise<Void>())
    let remote = Remote { call in
      if call.hasPrefix("set") { try await stored.future.value }
    }
    let batcher = cached(.none.backed(by: remote)) { _ in try await called.future.value }
    _ = batcher.load(contentsOf: [1, 2])
    settle()
    batcher.clear(1)
    settle()
    called.succeed()
    settle()
    #expect(remote.told == ["get [1, 2]", "remove [1]", "set [2]"])
    // What is being stored already is removed afterwards.
    let removal = batcher.clear(2)
    settle()
    #expect(!removal.done())
    stored.succeed()
    settle()
    #expect(removal.done() && remote.all.isEmpty)
    #expect(remote.told.last == "remove [2]")
  }

  @Test(arguments: 0..<100)
  func `No load sees a value older than the last clear before it, in any schedule`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let manual = ManualExecutor(seed: UInt64(seed))
    let versions = Lock([0, 0, 0, 0])
    let slow = Lock(SeededGenerator(seed: UInt64(seed)))
    @Sendable func pause() async throws {
      let time = slow.withLock { Int.random(in: 0..<400, using: &$0) }
      if time > 100 { try await Future.sleep(for: .microseconds(time), on: manual.executor).value }
    }
    let remote = Remote { call in
      try await pause()
      if call.hasPrefix("get"), call.count % 5 == 0 { throw Oops() }
    }
    let policies: [CachePolicy<Int, Int>] = [.none, .inFlight, .lru(3), .lru(10)]
    let batcher = Batcher<Int, Int>(
      "versions", configuration: .init(maxConcurrentBatches: [nil, 1, 2][seed % 3]),
      on: manual.executor, cache: policies[seed % 4].backed(by: remote)
    ) { (keys: [Int]) in
      let values = versions.withLock { versions in keys.map { versions[$0] } }
      try await pause()
      return values
    }
    var asked: [(future: Future<Int>, atLeast: Int)] = []
    for _ in 0..<200 {
      let key = Int.random(in: 0..<4, using: &generator)
      switch Int.random(in: 0..<10, using: &generator) {
      case 0, 1:
        versions.withLock { $0[key] += 1 }
        batcher.clear(key)
      case 2 where key == 0:
        versions.withLock { versions in for key in 0..<4 { versions[key] += 1 } }
        batcher.clearAll()
      case 3: asked.randomElement(using: &generator)?.future.cancel()
      case 4..<8: asked.append((batcher.load(key), versions.withLock { $0[key] }))
      case 8: _ = manual.runOnce()
      default: manual.advance(by: .microseconds(.random(in: 0..<300, using: &generator)))
      }
      let counts = batcher.statistics()
      let places = [
        counts.hits, counts.coalesced, counts.keysSent, counts.refused, counts.dropped,
        counts.queued,
      ]
      #expect(places.allSatisfy { $0 >= 0 } && places.reduce(0, +) == counts.loads)
    }
    manual.advance(by: .seconds(5))
    for (future, atLeast) in asked {
      guard let error = future.getException() else {
        #expect((try? future.getResult()).map { $0 >= atLeast } == true)
        continue
      }
      #expect(error is CancellationError)
    }
    #expect(batcher.statistics().queued == 0 && batcher.statistics().loads == asked.count)
  }
}
