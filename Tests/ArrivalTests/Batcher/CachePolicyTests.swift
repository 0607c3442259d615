// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Synchronization
import Testing

@testable import Arrival

/// What each policy keeps, for how long, and what can be put in.
@Suite struct CachePolicyTests {
  let manual = ManualExecutor()
  let calls = Log<[Int]>()

  private func cached(
    _ cache: CachePolicy<Int, Int>, after delay: Duration = .zero
  ) -> Batcher<Int, Int> {
    Batcher("cached", on: manual.executor, cache: cache) { [calls] (keys: [Int]) in
      calls.append(keys)
      if delay > .zero { try await Future.sleep(for: delay).value }
      return keys.map { key -> Result<Int, any Error> in
        key < 0 ? .failure(Oops(key)) : .success(key * 2)
      }
    }
  }

  private func settle() { manual.advance(by: .milliseconds(1)) }

  // MARK: inFlight

  @Test func `Under inFlight loads of one key share a call that is under way, and nothing is kept`()
    throws
  {
    let batcher = cached(.inFlight, after: .seconds(1))
    let first = batcher.load(1)
    settle()
    #expect(calls.all == [[1]])
    let second = batcher.load(1)
    settle()
    #expect(calls.all == [[1]])
    manual.advance(by: .seconds(1))
    #expect(try first.getResult() == 2 && second.getResult() == 2)
    #expect(batcher.peek(1) == nil)
    _ = batcher.load(1)
    settle()
    #expect(calls.all == [[1], [1]])
    let statistics = batcher.statistics()
    #expect(statistics.hits == 1 && statistics.keysSent == 2)
  }

  @Test func `Under inFlight a future is freed with its last user`() {
    let batcher = cached(.inFlight)
    weak var loaded: Future<Int>?
    do {
      let future = batcher.load(1)
      loaded = future
      settle()
      #expect(future.done())
    }
    #expect(loaded == nil)
  }

  @Test func `Under inFlight a load that was cancelled or failed is not shared`() {
    let batcher = cached(.inFlight, after: .seconds(1))
    batcher.load(1).cancel()
    let again = batcher.load(1)
    let failing = batcher.load(-1)
    manual.advance(by: .seconds(2))
    #expect(again.getException() == nil && failing.getException() is Oops)
    _ = batcher.load(-1)
    settle()
    #expect(calls.all == [[1, -1], [-1]])
  }

  @Test(arguments: [false, true])
  func `Under inFlight a load ends with the last caller that shares it, and the next is a new one`(
    isUnderWay: Bool
  ) throws {
    let cancelled = Counter()
    let batcher = Batcher<Int, Int>("shared", on: manual.executor, cache: .inFlight) {
      [calls] (keys: [Int]) in
      calls.append(keys)
      do { try await Future.sleep(for: .seconds(1)).value } catch {
        cancelled.raise()
        throw error
      }
      return keys
    }
    let futures = (0..<3).map { $0 == 1 ? batcher.load(1, within: .seconds(9)) : batcher.load(1) }
    if isUnderWay { settle() }
    for future in futures.dropLast() { future.cancel() }
    manual.run()
    #expect(batcher.peek(1) != nil && cancelled.value == 0)
    futures[2].cancel()
    #expect(batcher.peek(1) == nil)
    manual.run()
    #expect(cancelled.value == (isUnderWay ? 1 : 0))
    let next = batcher.load(1)
    manual.advance(by: .seconds(2))
    #expect(try next.getResult() == 1)
    #expect(calls.count == (isUnderWay ? 2 : 1))
    #expect(batcher.statistics().queued == 0 && manual.executor.statistics().timers == 0)
  }

  @Test func `Under inFlight a load with a conflict ends with its last caller, also while held`() {
    let gate = Promise<Void>()
    let batcher = Batcher<Int, Int>(
      "held", configuration: .init(deduplicates: false), on: manual.executor,
      conflicts: .by { $0 % 10 }, cache: .inFlight
    ) { [calls] (keys: [Int]) in
      calls.append(keys)
      try await gate.future.value
      return keys
    }
    let blocker = batcher.load(1)
    settle()
    let futures = (0..<2).map { _ in batcher.load(11) }
    for future in futures { future.cancel() }
    #expect(batcher.peek(11) == nil && batcher.peek(1) != nil)
    gate.succeed()
    settle()
    #expect(blocker.done() && calls.all == [[1]])
    #expect(batcher.statistics().queued == 0 && batcher.peek(1) == nil)
  }

  @Test func `Under inFlight prime takes only a future that is pending, until it is done`() throws {
    let batcher = cached(.inFlight)
    #expect(!batcher.prime(1, 5))
    let promise = Promise<Int>()
    #expect(batcher.prime(1, with: promise.future))
    let load = batcher.load(1)
    #expect(batcher.peek(1) != nil)
    promise.succeed(7)
    #expect(try load.getResult() == 7)
    #expect(batcher.peek(1) == nil)
    #expect(calls.count == 0)
  }

  // MARK: Time to live

  @Test func `A value is a hit for its time to live, by the clock of the executor`() {
    let batcher = cached(.lru(10, timeToLive: .seconds(10)))
    _ = batcher.load(1)
    manual.advance(by: .seconds(9))
    _ = batcher.load(1)
    #expect(calls.all == [[1]] && batcher.peek(1) != nil)
    manual.advance(by: .seconds(1))
    #expect(batcher.peek(1) == nil)
    _ = batcher.load(1)
    settle()
    #expect(calls.all == [[1], [1]])
    #expect(batcher.prime(2, 5))
    manual.advance(by: .seconds(10))
    #expect(batcher.prime(2, 6))
  }

  @Test func `A load that takes longer than the time to live is shared until it is done`() {
    let batcher = cached(.lru(10, timeToLive: .seconds(1)), after: .seconds(5))
    _ = batcher.load(1)
    manual.advance(by: .seconds(4))
    _ = batcher.load(1)
    manual.advance(by: .seconds(2))
    #expect(calls.all == [[1]])
    _ = batcher.load(1)
    settle()
    #expect(calls.all == [[1], [1]])
  }

  // MARK: Errors

  @Test func `The policy says which errors are kept, and is asked once, outside of the lock`() {
    let asked = Log<Int>()
    let own = Weak<Batcher<Int, Int>>()
    let batcher = cached(
      .lru(10) { error in
        // Would stop here for ever under the batcher's lock.
        _ = own.object?.statistics()
        let number = (error as? Oops)?.number ?? 0
        asked.append(number)
        return number % 2 == 0
      })
    own.object = batcher
    for _ in 0..<3 {
      for key in [-1, -2] { _ = batcher.load(key) }
      settle()
    }
    #expect(calls.all == [[-1, -2], [-1], [-1]])
    #expect(asked.all == [-1, -2, -1])
    #expect(batcher.peek(-2)?.getException() as? Oops == Oops(-2))
    #expect(batcher.peek(-1) == nil)
  }

  @Test func `A custom cache keeps the errors that its policy keeps`() {
    let table = BatcherCacheTests.Table(throwing: false)
    let batcher = cached(.custom(table) { $0 as? Oops == Oops(-2) })
    for _ in 0..<2 {
      for key in [-1, -2] { _ = batcher.load(key) }
      settle()
    }
    #expect(calls.all == [[-1, -2], [-1]])
  }

  // MARK: prime and peek

  @Test func `prime takes a value, a future or an error, and replaces what is there if told to`()
    throws
  {
    let batcher = cached(.lru(10) { $0 is Oops })
    let promise = Promise<Int>()
    #expect(batcher.prime(1, with: promise.future))
    let load = batcher.load(1)
    #expect(!batcher.prime(1, 5))
    #expect(batcher.prime(1, 5, replacing: true))
    #expect(try batcher.load(1).getResult() == 5)
    promise.succeed(4)
    #expect(try load.getResult() == 4)
    #expect(batcher.prime(2, with: Future(error: Oops(2))))
    #expect(batcher.load(2).getException() as? Oops == Oops(2))
    #expect(!batcher.prime(3, with: Future(error: Unique())))
    #expect(!batcher.prime(3, with: Future(error: CancellationError()), replacing: true))
    #expect(batcher.peek(3) == nil)
    #expect(calls.count == 0)
  }

  @Test func `prime replaces what a custom cache has, if told to`() throws {
    let batcher = cached(.custom(BatcherCacheTests.Table(throwing: false)))
    #expect(batcher.prime(1, 5))
    #expect(!batcher.prime(1, 6))
    #expect(batcher.prime(1, with: Future(value: 7), replacing: true))
    #expect(try batcher.load(1).getResult() == 7)
    #expect(!batcher.prime(2, with: Future(error: CancellationError())))
  }

  @Test func `peek loads nothing, counts nothing and does not count as a use`() {
    let batcher = cached(.lru(2))
    #expect(batcher.peek(1) == nil)
    for key in [1, 2] { _ = batcher.load(key) }
    #expect(batcher.peek(1)?.done() == false)
    settle()
    #expect(batcher.peek(1)?.done() == true)
    _ = batcher.load(3)
    #expect(batcher.peek(1) == nil && batcher.peek(2) != nil)
    #expect(batcher.statistics().hits == 0)
    settle()
    #expect(calls.all == [[1, 2], [3]])
    let (plain, _) = BatcherTests.doubling(manual.executor)
    #expect(plain.peek(1) == nil)
  }

  @Test(arguments: [CachePolicy<Int, Int>.inFlight, .lru(10)], [false, true])
  func `A look is a future of its own, and keeps a load going only while something holds it`(
    policy: CachePolicy<Int, Int>, isUnderWay: Bool
  ) throws {
    let batcher = cached(policy, after: .seconds(1))
    func look() -> Future<Int>? { batcher.peek(1) }
    let first = batcher.load(1)
    if isUnderWay { settle() }
    look()?.cancel()
    _ = look()
    #expect(!first.done())
    var held = look()
    first.cancel()
    #expect(held?.done() == false && look() != nil)
    #expect(batcher.statistics().endedEarly == 0)
    held = nil
    #expect(look() == nil)
    #expect(batcher.statistics().endedEarly == 1)
    let second = batcher.load(1)
    held = look()
    second.cancel()
    manual.advance(by: .seconds(3))
    #expect(try held?.getResult() == 2)
  }

  @Test func `A look does not change how long a call is waited for`() {
    let remaining = Log<Duration?>()
    let batcher = Batcher<Int, Int>("looked at", on: manual.executor, cache: .lru(10)) {
      (keys: [Int]) in
      remaining.append(BatchCall.current?.remainingTime())
      return keys
    }
    let load = Future(on: manual.executor) { batcher.load(1, within: .seconds(3)) }
    _ = manual.runOnce()
    let look = batcher.peek(1)
    manual.run()
    #expect(remaining.all == [.seconds(3)] && look?.done() == true)
    _ = load
  }

  // MARK: Errors of the cache

  struct Down: Error {}
  struct Slow: Error {}

  /// A cache that always throws, now one error and now another.
  final class Broken: BatcherCache {
    let isSlow = Mutex(false)

    private func fail() throws -> Never {
      if isSlow.withLock({ $0 }) { throw Slow() }
      throw Down()
    }

    func future(for key: Int) throws -> Future<Int>? { try fail() }
    func store(_ future: Future<Int>, for key: Int) throws { try fail() }
    func remove(_ key: Int) throws { try fail() }
    func removeAll() throws { try fail() }
  }

  @Test func `Errors of a cache are all counted, and reported once for each type and operation`()
    async
  {
    await #expect(processExitsWith: .success) {
      let reports = Log<String>()
      Diagnostic.setHandler { diagnostic in
        if case .cacheFailed(let batcher, let operation, let error) = diagnostic {
          reports.append("\(batcher) \(operation) \(type(of: error))")
          let text = diagnostic.description
          precondition(text.contains("\"broken\"") && text.contains(operation.rawValue))
        }
      }
      let manual = ManualExecutor()
      let cache = Broken()
      let batcher = Batcher<Int, Int>("broken", on: manual.executor, cache: .custom(cache)) {
        (keys: [Int]) in keys
      }
      for _ in 0..<100 { _ = batcher.load(1) }
      batcher.clear(1)
      batcher.clearAll()
      // A scoped batcher for each request reports no kind again.
      for _ in 0..<10 { _ = batcher.scoped(cache: .custom(cache)).load(1) }
      precondition(
        reports.all == ["get", "store", "remove", "removeAll"].map { "broken \($0) Down" })
      precondition(batcher.statistics().cacheErrors == 222)
      cache.isSlow.withLock { $0 = true }
      for _ in 0..<10 { _ = batcher.load(1) }
      precondition(reports.all.suffix(2) == ["broken get Slow", "broken store Slow"])
      precondition(reports.count == 6)
    }
  }

  /// Records the errors of one batcher's cache.
  struct Recorder: Instrument {
    let errors = Log<String>()

    func record(_ event: InstrumentEvent) {
      guard case .cacheFailed(let event) = event, event.batcher == "told of errors" else { return }
      errors.append("\(event.operation) \(type(of: event.error))")
    }
  }

  @Test func `Instruments are told of every error of a cache`() {
    let recorder = Recorder()
    let registration = Instruments.install(recorder)
    defer { registration.remove() }
    let batcher = Batcher<Int, Int>(
      "told of errors", on: manual.executor, cache: .custom(Broken())
    ) { (keys: [Int]) in keys }
    for _ in 0..<2 { _ = batcher.load(1) }
    #expect(recorder.errors.all == ["get Down", "store Down", "get Down", "store Down"])
  }
}
