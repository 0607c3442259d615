// SPDX-License-Identifier: Apache-2.0
import Arrival
import DatastoreContractTests
import DatastoreEngine
import DatastoreInMemory
import DatastoreModel
import Synchronization
import Testing

/// A cache that several backends share never shows what was before a commit that has returned.
@Suite struct CachingBackendTests {
  private let a = Key("K", name: "a")

  @Test(
    arguments: DatastoreContract.cases + DatastoreContract.pastCases
      + DatastoreContract.explainCases)
  func `The contract holds with a cache`(_ contract: DatastoreContract.Case) async throws {
    try await contract.run {
      CachingBackend(InMemoryBackend(), cache: InMemorySharedCache(), database: "test")
    }
  }

  @Test func `The second get, and that of another process, needs no lookup`() async throws {
    let base = SimulatedBackend()
    let cache = InMemorySharedCache()
    let (one, other) = (
      CachingBackend(base, cache: cache, database: "test"),
      CachingBackend(base, cache: cache, database: "test")
    )
    let written = try await one.commit([.upsert(Entity(a, ["n": 1]))]).results[0]
    for backend in [one, other, one] {
      let found = try await backend.lookup([a]).found
      #expect(found == [Entity(a, ["n": 1])])
      #expect(found.first?.version == written.version)
      #expect(found.first?.updateTime == written.updateTime)
    }
    #expect(base.calls.count { $0.method == .lookup } == 1)
    let missing = Key("K", name: "none")
    #expect(try await one.lookup([missing]).found.isEmpty)
    #expect(try await other.lookup([missing, a]).found.count == 1)
    #expect(base.calls.count { $0.method == .lookup } == 2)
    _ = try await other.commit([.upsert(Entity(missing))])
    #expect(try await one.lookup([missing]).found.count == 1)
    // What the cache answers was read at some other time.
    #expect(try await one.lookup([a]).readTime == nil)
    #expect(try await one.lookup([a], options: ReadOptions(.eventual)).readTime != nil)
  }

  @Test func `Databases that share a cache never see each other's entities`() async throws {
    let (store, cache) = (InMemoryBackend(), InMemorySharedCache())
    func backend(_ name: String) throws -> CachingBackend {
      CachingBackend(try store.database(name), cache: cache, database: name)
    }
    let names = ["", "one", "one-1", "two"]
    for name in names {
      _ = try await backend(name).commit([.upsert(Entity(a, ["in": .indexed(.string(name))]))])
    }
    for name in names + names {
      let found = try await backend(name).lookup([a]).found
      #expect(found.map { $0["in"] } == [.string(name)])
    }
    _ = try await backend("one").commit([.delete(a)])
    for name in names {
      let count = try await backend(name).lookup([a]).found.count
      #expect(count == (name == "one" ? 0 : 1))
    }
  }

  @Test func `A failed commit is seen by nobody, and its lock is gone`() async throws {
    let base = SimulatedBackend()
    let backend = CachingBackend(base, cache: InMemorySharedCache(), database: "test")
    _ = try await backend.commit([.insert(Entity(a))])
    await #expect(throws: DatastoreError.self) {
      try await backend.commit([.insert(Entity(a, ["n": 1]))])
    }
    for _ in 0..<3 { #expect(try await backend.lookup([a]).found == [Entity(a)]) }
    #expect(base.calls.count { $0.method == .lookup } == 1)
  }

  @Test func `While the outcome of a commit is unknown, nothing is kept`() async throws {
    let base = SimulatedBackend()
    let backend = CachingBackend(base, cache: InMemorySharedCache(), database: "test")
    base.when({ $0.method == .commit && $0.number == 1 }, .loseReply(.init(.unavailable, "lost")))
    await #expect(throws: DatastoreError.self) { try await backend.commit([.upsert(Entity(a))]) }
    for _ in 0..<3 { #expect(try await backend.lookup([a]).found == [Entity(a)]) }
    #expect(base.calls.count { $0.method == .lookup } == 3)
  }

  @Test func `Without the cache, lookups go on and commits are refused`() async throws {
    let base = InMemoryBackend()
    _ = try await base.commit([.upsert(Entity(a))])
    let backend = CachingBackend(base, cache: BrokenCache(), database: "test")
    #expect(try await backend.lookup([a]).found == [Entity(a)])
    await #expect {
      try await backend.commit([.upsert(Entity(a, ["n": 1]))])
    } throws: {
      ($0 as? DatastoreError)?.code == .unavailable
    }
    #expect(try await base.lookup([a]).found == [Entity(a)])
  }

  private struct BrokenCache: SharedCache {
    struct Down: Error {}
    func get(_ keys: Set<[UInt8]>) throws -> [[UInt8]: CacheEntry] { throw Down() }
    func add(_ values: [[UInt8]: [UInt8]], expiresIn: Duration) throws -> Set<[UInt8]> {
      throw Down()
    }
    func replace(_ entries: [[UInt8]: CacheEntry], expiresIn: Duration) throws -> Set<[UInt8]> {
      throw Down()
    }
    func remove(_ keys: Set<[UInt8]>) throws { throw Down() }
  }

  /// Forgets everything at random, and gives other tasks their turn.
  private final class FlakyCache: SharedCache {
    private let base = InMemorySharedCache(maxCount: 4)
    private let random: Mutex<SeededGenerator>

    init(seed: UInt64) { random = Mutex(SeededGenerator(seed: seed)) }

    private func disturb() async {
      let (number, turns) = random.withLock {
        (Int.random(in: 0..<50, using: &$0), Int.random(in: 0..<4, using: &$0))
      }
      for _ in 0..<turns { await Task.yield() }
      if number == 0 { base.removeAll() }
    }

    func get(_ keys: Set<[UInt8]>) async throws -> [[UInt8]: CacheEntry] {
      await disturb()
      return try await base.get(keys)
    }
    func add(
      _ values: [[UInt8]: [UInt8]], expiresIn: Duration
    ) async throws -> Set<[UInt8]> {
      await disturb()
      return try await base.add(values, expiresIn: expiresIn)
    }
    func replace(
      _ entries: [[UInt8]: CacheEntry], expiresIn: Duration
    ) async throws -> Set<[UInt8]> {
      await disturb()
      return try await base.replace(entries, expiresIn: expiresIn)
    }
    func remove(_ keys: Set<[UInt8]>) async throws { try await base.remove(keys) }
  }

  /// Gives other tasks their turn before and after each call.
  private struct SlowBackend: DatastoreBackend {
    let base = InMemoryBackend()
    private func pause() async { for _ in 0..<Int.random(in: 0..<4) { await Task.yield() } }

    func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      await pause()
      let reply = try await base.lookup(keys, options: options)
      await pause()
      return reply
    }
    func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      await pause()
      let reply = try await base.commit(mutations, in: transaction)
      await pause()
      return reply
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

  /// The greatest value of each key whose commit has returned.
  private final class Acknowledged: Sendable {
    private let values = Mutex<[Key: Int64]>([:])

    subscript(key: Key) -> Int64 { values.withLock { $0[key] ?? 0 } }

    func note(_ value: Int64, of key: Key) {
      values.withLock { $0[key] = max($0[key] ?? 0, value) }
    }
  }

  @Test(arguments: 1...20)
  func `No get after a commit has returned sees an older state`(_ seed: UInt64) async throws {
    let cache = FlakyCache(seed: seed)
    let base = SlowBackend()
    let keys = (1...3).map { Key("K", id: $0) }
    let acknowledged = Acknowledged()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<6 {
        // Each has a backend of its own, as processes have.
        let backend = CachingBackend(base, cache: cache, database: "test")
        group.addTask {
          var generator = SeededGenerator(seed: seed &* 100 &+ UInt64(worker))
          for _ in 0..<60 {
            let key = keys[Int.random(in: 0..<3, using: &generator)]
            if Int.random(in: 0..<3, using: &generator) == 0 {
              let count = PropertyTransform("n", .increment(1))
              let reply = try await backend.commit([
                Mutation(.upsert(Entity(key)), propertyMask: [], propertyTransforms: [count])
              ])
              let value = reply.results[0].transformResults[0].integerValue ?? 0
              acknowledged.note(value, of: key)
            } else {
              let least = acknowledged[key]
              let found = try await backend.lookup([key]).found.first?["n"]?.integerValue ?? 0
              #expect(found >= least)
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
