// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import Testing

@testable import Arrival

/// The cache against a naive model: random operations by seed, on the manual executor.
@Suite struct CacheModelTests {
  enum Kind: CaseIterable { case inFlight, lru, lruWithTime, lruWithErrors, custom }

  /// What the cache should have of a key: a load that callers share, each by a future of its own.
  struct Entry {
    var futures: [Future<Int>]
    let stored: Duration

    /// When every caller has cancelled, the load is.
    var isDone: Bool { futures.allSatisfy { $0.done() } }
    var outcome: Future<Int>? { futures.first { $0.done() && !$0.isCancelled } }
  }

  /// A list of entries, the one used last at its end.
  struct Model {
    let kind: Kind
    var entries: [(key: Int, entry: Entry)] = []

    static let capacity = 4
    static let timeToLive = Duration.microseconds(700)

    static func isKept(_ error: any Error) -> Bool { (error as? Oops)?.number == -1 }

    private func isHit(_ entry: Entry, at now: Duration) -> Bool {
      guard entry.isDone else { return true }
      if kind == .inFlight { return false }
      if kind == .lruWithTime, now - entry.stored >= Self.timeToLive { return false }
      guard let outcome = entry.outcome else { return false }
      guard let error = outcome.getException() else { return true }
      return kind == .lruWithErrors && Self.isKept(error)
    }

    func has(_ key: Int, at now: Duration) -> Bool {
      entries.first { $0.key == key }.map { isHit($0.entry, at: now) } ?? false
    }

    /// A load of a key was a hit.
    mutating func use(_ key: Int, _ future: Future<Int>) {
      guard let index = entries.firstIndex(where: { $0.key == key }) else { return }
      entries[index].entry.futures.append(future)
      if kind != .custom { entries.append(entries.remove(at: index)) }
    }

    mutating func store(_ future: Future<Int>, _ key: Int, at now: Duration) {
      entries.removeAll { $0.key == key }
      entries.append((key, Entry(futures: [future], stored: now)))
      let isBounded = kind != .custom && kind != .inFlight
      if isBounded, entries.count > Self.capacity { entries.removeFirst() }
    }

    /// Forgets what is too old; the cache does so when it is asked.
    mutating func forget(at now: Duration) {
      guard kind == .lruWithTime else { return }
      entries.removeAll { $0.entry.isDone && now - $0.entry.stored >= Self.timeToLive }
    }

    mutating func remove(_ key: Int) { entries.removeAll { $0.key == key } }
  }

  static func policy(_ kind: Kind) -> CachePolicy<Int, Int> {
    switch kind {
    case .inFlight: .inFlight
    case .lru: .lru(Model.capacity)
    case .lruWithTime: .lru(Model.capacity, timeToLive: Model.timeToLive)
    case .lruWithErrors: .lru(Model.capacity, keepsErrors: Model.isKept)
    case .custom: .custom(BatcherCacheTests.Table(throwing: false))
    }
  }

  @Test(arguments: Kind.allCases, 0..<60)
  func `A cache has what its model has, whatever is loaded, primed, cleared and cancelled`(
    kind: Kind, seed: Int
  ) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let manual = ManualExecutor(seed: UInt64(seed))
    let batcher = Batcher<Int, Int>("model", on: manual.executor, cache: Self.policy(kind)) {
      (keys: [Int]) in
      try await Future.sleep(for: .microseconds(keys.count * 170)).value
      return keys.map { key -> Result<Int, any Error> in
        key < 0 ? .failure(Oops(key)) : .success(key)
      }
    }
    var model = Model(kind: kind)
    var loaded: [Future<Int>] = []
    var hits = 0
    for step in 0..<300 {
      let key = Int.random(in: -2..<6, using: &generator)
      let isKept = model.has(key, at: manual.now)
      switch Int.random(in: 0..<16, using: &generator) {
      case 0..<6:
        let future = batcher.load(key)
        loaded.append(future)
        if isKept {
          hits += 1
          model.use(key, future)
        } else {
          model.store(future, key, at: manual.now)
        }
      case 6, 7:
        let isReplacing = Bool.random(using: &generator)
        let isPrimed = batcher.prime(key, step, replacing: isReplacing)
        #expect(isPrimed == (kind != .inFlight && (isReplacing || !isKept)))
        if isPrimed, let future = batcher.peek(key) { model.store(future, key, at: manual.now) }
      case 8:
        let error: any Error = Bool.random(using: &generator) ? Oops(-1) : Oops(-2)
        let isPrimed = batcher.prime(key, with: Future(error: error), replacing: true)
        #expect(isPrimed == (kind == .lruWithErrors && Model.isKept(error)))
        if isPrimed, let future = batcher.peek(key) { model.store(future, key, at: manual.now) }
      case 9:
        batcher.clear(key)
        model.remove(key)
      case 10 where step % 7 == 0:
        batcher.clearAll()
        model.entries = []
      case 11: loaded.randomElement(using: &generator)?.cancel()
      case 12: _ = manual.runOnce()
      default: manual.advance(by: .microseconds(.random(in: 0..<300, using: &generator)))
      }
      for key in -2..<6 {
        #expect((batcher.peek(key) != nil) == model.has(key, at: manual.now))
      }
      model.forget(at: manual.now)
      let counts = batcher.statistics()
      #expect(counts.hits == hits && counts.loads == loaded.count)
      #expect(counts.queued >= 0 && counts.coalesced >= 0 && counts.dropped >= 0)
    }
    manual.advance(by: .seconds(1))
    #expect(batcher.statistics().queued == 0)
    #expect(loaded.allSatisfy { $0.done() })
  }
}
