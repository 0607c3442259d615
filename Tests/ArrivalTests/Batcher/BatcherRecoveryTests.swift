// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// Failed calls are halved, retried, or fail their keys.
@Suite struct BatcherRecoveryTests {
  struct TooLarge: Error {}

  private static let isTooLarge: @Sendable (any Error) -> Bool = { $0 is TooLarge }

  let manual = ManualExecutor()
  let calls = Log<[Int]>()
  let times = Log<Duration>()
  let attempts = Log<Int>()

  private func load(_ batcher: Batcher<Int, Int>, _ keys: [Int]) -> [Future<Int>] {
    let futures = batcher.load(contentsOf: keys)
    manual.advance(by: .seconds(1_000))
    return futures
  }

  // MARK: Halving

  @Test func `A call that was too large is halved until one oversized key fails alone`() throws {
    let batcher = Batcher<Int, Int>(on: manual.executor, isTooLarge: Self.isTooLarge) {
      [calls] (keys: [Int]) in
      calls.append(keys)
      if keys.reduce(0, +) > 10 { throw TooLarge() }
      return keys
    }
    let futures = load(batcher, [1, 2, 3, 50, 4, 5, 1])
    #expect(
      calls.all == [[1, 2, 3, 50, 4, 5], [1, 2, 3], [50, 4, 5], [50], [4, 5]])
    #expect(futures.map { try? $0.getResult() } == [1, 2, 3, nil, 4, 5, 1])
    #expect(futures[3].getException() is TooLarge)
    #expect(batcher.statistics().calls == 5)
    #expect(batcher.statistics().batches == 1)
    #expect(batcher.statistics().retries == 0)
    #expect(batcher.statistics().endedEarly == 0)
  }

  @Test func `Halves keep the order of writes, and each kind of reply completes the right futures`()
    throws
  {
    let configuration = BatcherConfiguration(deduplicates: false)
    let tooLarge = Self.isTooLarge
    @Sendable func check(_ keys: [Int]) throws { if keys.count > 2 { throw TooLarge() } }
    let positional = Batcher<Int, Int>(
      configuration: configuration, on: manual.executor, isTooLarge: tooLarge
    ) { [calls] (keys: [Int]) in
      try check(keys)
      calls.append(keys)
      return keys.map { $0 * 2 }
    }
    let keyed = Batcher<Int, Int>(on: manual.executor, isTooLarge: tooLarge) { (keys: [Int]) in
      try check(keys)
      return Dictionary(uniqueKeysWithValues: keys.map { ($0, $0 * 2) })
    }
    let results = Batcher<Int, Int>(on: manual.executor, isTooLarge: tooLarge) {
      (keys: [Int]) -> [Result<Int, any Error>] in
      try check(keys)
      return keys.map { $0 == 5 ? .failure(Oops(5)) : .success($0 * 2) }
    }
    let keys = [3, 1, 3, 5, 2, 3, 4]
    #expect(load(positional, keys).map { try? $0.getResult() } == [6, 2, 6, 10, 4, 6, 8])
    #expect(calls.all.flatMap { $0 } == keys)
    #expect(load(keyed, keys).map { try? $0.getResult() } == [6, 2, 6, 10, 4, 6, 8])
    #expect(load(results, keys).map { try? $0.getResult() } == [6, 2, 6, nil, 4, 6, 8])
  }

  @Test func `A poison element fails alone if failures are isolated, and fails all if not`() {
    func poisoned(_ isolates: Bool) -> Batcher<Int, Int> {
      Batcher(configuration: .init(isolatesFailures: isolates), on: manual.executor) {
        (keys: [Int]) in
        if keys.contains(13) { throw Oops(13) }
        return keys
      }
    }
    let isolated = load(poisoned(true), Array(0..<100))
    #expect(isolated.indices.filter { isolated[$0].getException() != nil } == [13])
    let together = load(poisoned(false), Array(0..<100))
    #expect(together.allSatisfy { $0.getException() as? Oops == Oops(13) })
  }

  @Test func `A half that no future waits for is not requested`() {
    let futures = Log<Future<Int>>()
    let batcher = Batcher<Int, Int>(on: manual.executor, isTooLarge: Self.isTooLarge) {
      [calls] (keys: [Int]) in
      calls.append(keys)
      if keys.count > 2 {
        for index in [0, 2, 3] { futures.all[index].cancel() }
        throw TooLarge()
      }
      return keys
    }
    for future in batcher.load(contentsOf: 1...4) { futures.append(future) }
    manual.advance(by: .seconds(1))
    #expect(calls.all == [[1, 2, 3, 4], [2]])
    #expect(futures.all.allSatisfy { $0.done() })
  }

  // MARK: Retrying

  /// A batcher whose calls fail as often as `failures` says.
  private func failing(
    _ failures: Int, _ policy: RetryPolicy, with error: any Error = Unique()
  ) -> Batcher<Int, Int> {
    let call = Counter()
    return Batcher("failing", on: manual.executor, retry: policy) {
      [calls, times, attempts, manual] (keys: [Int]) in
      calls.append(keys)
      times.append(manual.now)
      attempts.append(BatchCall.current?.attempt ?? 0)
      if call.raise() <= failures { throw error }
      return keys
    }
  }

  private static func exact(_ retries: Int) -> RetryPolicy {
    RetryPolicy(
      maxRetries: retries, initialDelay: .milliseconds(100), maxDelay: .milliseconds(500),
      jitter: 0, budget: nil
    ) { $0 is Unique }
  }

  /// The waits between the calls.
  private var waits: [Duration] { zip(times.all.dropFirst(), times.all).map { $0 - $1 } }

  @Test func `Success at the first attempt makes one call`() throws {
    #expect(try load(failing(0, Self.exact(3)), [1])[0].getResult() == 1)
    #expect(calls.count == 1)
  }

  @Test func `Waits double up to the longest one, and end with success`() throws {
    let futures = load(failing(4, Self.exact(5)), [1, 2])
    #expect(try futures.map { try $0.getResult() } == [1, 2])
    #expect(waits == [100, 200, 400, 500].map { .milliseconds($0) })
    #expect(attempts.all == [1, 2, 3, 4, 5])
  }

  @Test func `The last error is the cause, and no wait comes after it`() throws {
    let last = Unique()
    let batcher = failing(9, Self.exact(2), with: last)
    let future = batcher.load(1)
    future.onCompletion { [times, manual] _ in times.append(manual.now) }
    manual.advance(by: .seconds(1_000))
    #expect(waits == [100, 200, 0].map { .milliseconds($0) })
    let error = try #require(future.getException() as? RetryError)
    #expect(error.attempts == 3)
    #expect(error.lastError as? Unique === last)
    #expect(error.causes.first?.traceback != nil)
    #expect(error.description.contains("each of 3 calls"))
    #expect(ErrorReport(future)?.causes.first?.error as? Unique === last)
    #expect(batcher.statistics().retries == 2)
    #expect(batcher.statistics().calls == 3)
  }

  @Test func `An error that is not transient is not retried and arrives unchanged`() {
    let future = load(failing(9, Self.exact(3), with: Oops(3)), [1])[0]
    #expect(future.getException() as? Oops == Oops(3))
    #expect(calls.count == 1)
  }

  @Test func `Keys that fail by themselves for a transient reason are requested again`() throws {
    let call = Counter()
    let batcher = Batcher<Int, Int>(on: manual.executor, retry: Self.exact(2)) {
      [calls] (keys: [Int]) -> [Result<Int, any Error>] in
      calls.append(keys)
      let number = call.raise()
      return keys.map { key in
        if key == 2, number < 2 { return .failure(Unique()) }
        if key == 3 { return .failure(Unique()) }
        return key == 4 ? .failure(Oops(4)) : .success(key)
      }
    }
    let futures = load(batcher, [1, 2, 3, 4, 2])
    #expect(calls.all == [[1, 2, 3, 4], [2, 3], [3]])
    #expect(futures.map { try? $0.getResult() } == [1, 2, nil, nil, 2])
    #expect((futures[2].getException() as? RetryError)?.attempts == 3)
    #expect(futures[3].getException() as? Oops == Oops(4))
  }

  @Test func `Jitter stays within its share, varies, and is the same for the same seed`() {
    func waits(seed: UInt64) -> [Duration] {
      let scene = Self()
      let policy = RetryPolicy(
        maxRetries: 6, initialDelay: .seconds(1), maxDelay: .seconds(1), jitter: 0.5, budget: nil,
        seed: seed
      ) { _ in true }
      _ = scene.load(scene.failing(6, policy), [1])
      return scene.waits
    }
    let first = waits(seed: 1)
    #expect(first.allSatisfy { $0 >= .milliseconds(500) && $0 <= .seconds(1) })
    #expect(Set(first).count > 3)
    #expect(waits(seed: 1) == first)
    #expect(waits(seed: 2) != first)
  }

  @Test func `A time limit allows no retry that would begin after it`() {
    var policy = Self.exact(9)
    policy.timeLimit = .milliseconds(350)
    _ = load(failing(99, policy), [1])
    // At 0, 100 and 300 ms; the next would be at 700.
    #expect(times.count == 3)
  }

  @Test func `The budget limits the retries of all batches together`() {
    var policy = Self.exact(1)
    policy.budget = .init(ratio: 0.5, reserve: 2)
    let batcher = failing(999, policy)
    for key in 0..<8 { _ = load(batcher, [key]) }
    // Two in reserve, and one for every two calls. At the start the reserve is full.
    #expect(batcher.statistics().retries == 5)
  }

  @Test func `A token bucket pays for its reserve at once, and then for a share of the calls`() {
    var bucket = RetryTokenBucket(reserve: 3, tokensPerCall: 0.1)
    func takeAll() -> Int {
      var count = 0
      while bucket.takeRetry() { count += 1 }
      return count
    }
    #expect(takeAll() == 3)
    for _ in 0..<9 { bucket.addCall() }
    #expect(takeAll() == 0)
    bucket.addCall()
    #expect(takeAll() == 1)
    for _ in 0..<1_000 { bucket.addCall() }
    #expect(takeAll() == 3)
  }

  @Test func `A retry is given up when no future waits for it`() {
    let batcher = failing(99, Self.exact(9))
    let futures = batcher.load(contentsOf: [1, 2])
    manual.advance(by: .milliseconds(50))
    for future in futures { future.cancel() }
    manual.advance(by: .seconds(100))
    #expect(calls.count == 1)
    #expect(manual.executor.statistics().timers == 0)
    #expect(batcher.statistics().batchesUnderWay == 0)
  }

  @Test func `A batch that waits to be retried fails when the executor shuts down`() {
    let batcher = failing(99, Self.exact(9))
    let future = batcher.load(1)
    manual.advance(by: .milliseconds(50))
    manual.executor.shutdown()
    manual.run()
    #expect(future.getException() is ExecutorShutDown)
  }

  @Test func `A plan halves before it retries, and isolates after that`() throws {
    var plan = CallPlan(count: 3, policy: Self.exact(1), isolates: true)
    func fail(_ keys: CallPlan.Keys, _ kind: CallPlan.Kind) -> CallPlan.OnFailure {
      plan.failed(keys, kind, elapsed: .zero, random: 0, takeRetry: { true })
    }
    #expect(plan.next() == .all)
    let first = fail(.all, .tooLarge)
    #expect(first == .halved)
    #expect(plan.next() == .some([0]))
    let alone = fail(.some([0]), .tooLarge)
    #expect(alone == .failed)
    #expect(plan.next() == .some([1, 2]))
    let retried = fail(.some([1, 2]), .transient)
    #expect(retried == .retried(after: .milliseconds(100)))
    #expect(plan.next() == .some([1, 2]))
    let isolated = fail(.some([1, 2]), .transient)
    #expect(isolated == .halved)
    #expect(plan.next() == .some([1]))
    let exhausted = fail(.some([1]), .transient)
    #expect(exhausted == .exhausted)
    #expect(plan.next() == .some([2]))
    let cancelled = fail(.some([1, 2]), .cancellation)
    #expect(cancelled == .failed)
    #expect(plan.next() == nil)
  }

  @Test func `Waits neither overflow nor exceed the longest one, even after many retries`() {
    let policy = RetryPolicy(maxRetries: .max, multiplier: 1e9) { _ in true }
    #expect(policy.delay(before: 1_000_000, random: 0) == .seconds(10))
    #expect(policy.delay(before: 1, random: 0) == .milliseconds(50))
  }
}
