// SPDX-License-Identifier: Apache-2.0
import ArrivalTesting
import DatastoreInMemory
import DatastoreModel
import Synchronization
import Testing

@testable import DatastoreEngine

/// How long values and locks stay in a shared cache, and what a commit does that cannot unlock.
@Suite struct CacheTimeTests {
  private let a = Key("K", name: "a")

  @Test func `Values expire by the clock that the cache was given`() async throws {
    try await withManualTime { time in
      let cache = InMemorySharedCache(clock: time.clock)
      #expect(try await cache.add([[1]: [1]], expiresIn: .seconds(60)) == [[1]])
      await time.advance(by: .seconds(59))
      #expect(try await cache.add([[1]: [2]], expiresIn: .seconds(60)).isEmpty)
      let entry = try #require(try await cache.get([[1]])[[1]])
      await time.advance(by: .seconds(1))
      #expect(try await cache.get([[1]]).isEmpty)
      #expect(try await cache.replace([[1]: entry], expiresIn: .seconds(60)).isEmpty)
      #expect(try await cache.add([[1]: [2]], expiresIn: .seconds(60)) == [[1]])
    }
  }

  @Test func `An entity is read anew when its time in the cache is over`() async throws {
    try await withManualTime { time in
      let base = SimulatedBackend(clock: time.clock)
      let backend = CachingBackend(
        base, cache: InMemorySharedCache(clock: time.clock), database: "test")
      for (advance, lookups) in [(0, 1), (3_599, 1), (1, 2), (3_599, 2)] {
        await time.advance(by: .seconds(advance))
        _ = try await backend.lookup([a])
        #expect(base.calls.count { $0.method == .lookup } == lookups)
      }
    }
  }

  @Test func `The lock of a process that died expires although others write all the time`()
    async throws
  {
    let a = a
    try await withManualTime { time in
      let base = SimulatedBackend(clock: time.clock)
      let cache = InMemorySharedCache(clock: time.clock)
      let backend = CachingBackend(base, cache: cache, database: "test", configuration: .init()) {
        Timestamp(microseconds: Int64(time.now / .microseconds(1)))
      }
      base.when(
        { $0.method == .commit && $0.number == 1 }, .loseReply(.init(.unavailable, "lost")))
      await #expect(throws: DatastoreError.self) {
        try await backend.commit([.upsert(Entity(a))])
      }
      for seconds in [0, 40, 20] {
        await time.advance(by: .seconds(seconds))
        _ = try await backend.commit([.upsert(Entity(a, ["n": .indexed(.integer(Int64(seconds)))]))]
        )
        for _ in 0..<2 { _ = try await backend.lookup([a]) }
      }
      #expect(base.calls.count { $0.method == .lookup } == 6)
      await time.advance(by: .seconds(4))
      _ = try await backend.commit([.upsert(Entity(a, ["n": 4]))])
      for _ in 0..<3 { #expect(try await backend.lookup([a]).found == [Entity(a, ["n": 4])]) }
      #expect(base.calls.count { $0.method == .lookup } == 7)
    }
  }

  @Test func `A commit that cannot unlock its keys tries again`() async throws {
    let cache = FailingCache()
    let base = InterruptedBackend(base: InMemoryBackend()) { cache.failures.withLock { $0 = 4 } }
    let backend = CachingBackend(base, cache: cache, database: "test")
    _ = try await backend.commit([.upsert(Entity(a, ["n": 1]))])
    #expect(cache.failures.withLock { $0 } == 0)
    _ = try await backend.lookup([a])
    #expect(try await backend.lookup([a]).found == [Entity(a, ["n": 1])])
  }

  @Test func `A commit that cannot reach the cache any more says that it has written`()
    async throws
  {
    let cache = FailingCache()
    let base = InterruptedBackend(base: InMemoryBackend()) {
      cache.failures.withLock { $0 = .max }
    }
    var configuration = CachingBackend.Configuration()
    configuration.unlockTime = .milliseconds(30)
    let backend = CachingBackend(base, cache: cache, database: "test", configuration: configuration)
    await #expect {
      try await backend.commit([
        .upsert(Entity(a, ["n": 1])), .upsert(Entity(Key(incomplete: "K"))),
      ])
    } throws: { error in
      (error as? DatastoreError)?.code == .unavailable && "\(error)".contains("were written")
    }
    #expect(try await base.lookup([a]).found == [Entity(a, ["n": 1])])
  }

  /// Fails as often as it is told to.
  private final class FailingCache: SharedCache {
    struct Down: Error {}
    let failures = Mutex(0)
    private let base = InMemorySharedCache()

    private func fail() throws {
      try failures.withLock {
        if $0 == 0 { return }
        $0 -= 1
        throw Down()
      }
    }
    func get(_ keys: Set<[UInt8]>) async throws -> [[UInt8]: CacheEntry] {
      try fail()
      return try await base.get(keys)
    }
    func add(
      _ values: [[UInt8]: [UInt8]], expiresIn: Duration
    ) async throws -> Set<[UInt8]> {
      try fail()
      return try await base.add(values, expiresIn: expiresIn)
    }
    func replace(
      _ entries: [[UInt8]: CacheEntry], expiresIn: Duration
    ) async throws -> Set<[UInt8]> {
      try fail()
      return try await base.replace(entries, expiresIn: expiresIn)
    }
    func remove(_ keys: Set<[UInt8]>) async throws {
      try fail()
      try await base.remove(keys)
    }
  }

  /// Does something once it has committed.
  private struct InterruptedBackend: DatastoreBackend {
    let base: InMemoryBackend
    let committed: @Sendable () -> Void

    func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      let reply = try await base.commit(mutations, in: transaction)
      committed()
      return reply
    }
    func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      try await base.lookup(keys, options: options)
    }
    func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      try await base.query(request, options: options)
    }
    func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      try await base.aggregate(request, options: options)
    }
    func close() async throws { try await base.close() }
  }
}
