// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreEngine
import DatastoreInMemory
import Synchronization
import Testing

@Suite struct InMemoryBackendTests {
  private let backend = InMemoryBackend()

  private func entity(_ name: String, _ value: Int64) -> Entity {
    Entity(Key("Thing", name: name), ["value": .indexed(.integer(value))])
  }

  @Test func `The same calls give the same IDs in every run`() async throws {
    let fresh = Key(incomplete: "Thing")
    let keys = try await backend.allocateIDs(for: [fresh, fresh, fresh])
    let other = try await InMemoryBackend().allocateIDs(for: [fresh, fresh, fresh])
    #expect(keys == other)
    #expect(Set(keys).count == 3)
    let seeded = try await InMemoryBackend(seed: 1).allocateIDs(for: [fresh, fresh, fresh])
    #expect(Set(keys).isDisjoint(with: seeded))
  }

  @Test func `A closed backend refuses everything`() async throws {
    let id = try await backend.beginTransaction(.readWrite())
    try await backend.close()
    try await backend.close()
    await #expect(throws: DatastoreError.self) { try await backend.lookup([Key("Thing", id: 1)]) }
    await #expect(throws: DatastoreError.self) {
      try await backend.commit([.upsert(entity("a", 1))], in: .running(id))
    }
    let error = await #expect(throws: DatastoreError.self) {
      try await backend.query(QueryRequest(kind: "Thing"))
    }
    #expect(error?.code == .failedPrecondition)
  }

  @Test func `States of the last hour are kept, and older ones are refused`() async throws {
    let now = Mutex(Timestamp(microseconds: 1_000_000))
    let backend = InMemoryBackend { now.withLock { $0 } }
    let key = Key("Thing", id: 1)
    let first = try await backend.commit([.upsert(Entity(key, ["n": 1]))]).commitTime
    _ = try await backend.commit([.upsert(Entity(key, ["n": 2]))])
    let options = ReadOptions(readTime: try #require(first))
    #expect(try await backend.lookup([key], options: options).found.first?["n"] == 1)
    now.withLock { $0 = Timestamp(microseconds: 4_000_000_000) }
    _ = try await backend.commit([.upsert(Entity(key, ["n": 3]))])
    let error = await #expect(throws: DatastoreError.self) {
      try await backend.lookup([key], options: options)
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("no longer kept") == true)
  }

  @Test func `Commits get later times even if the clock stands still`() async throws {
    let backend = InMemoryBackend { Timestamp(microseconds: 7) }
    let key = Key("Thing", id: 1)
    var times: [Int64] = []
    for _ in 0..<3 {
      let reply = try await backend.commit([.upsert(Entity(key))])
      times.append(try #require(reply.commitTime).microseconds)
    }
    #expect(times == [7, 8, 9])
  }

  @Test func `A failed first read leaves no transaction behind`() async throws {
    var request = QueryRequest(kind: "Thing")
    request.startCursor = QueryCursor(bytes: [1])
    await #expect(throws: DatastoreError.self) {
      try await backend.query(request, in: .begin(.readWrite()))
    }
    // The transaction that the read began was the first: its number is eight bytes.
    let error = await #expect(throws: DatastoreError.self) {
      let first = TransactionID(bytes: [0, 0, 0, 0, 0, 0, 0, 1])
      _ = try await backend.lookup([Key("Thing", id: 1)], in: .running(first))
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test func `A transaction is not disturbed by changes of what it did not read`() async throws {
    _ = try await backend.commit((1...5).map { .upsert(entity("\($0)", $0)) })
    var request = QueryRequest(kind: "Thing")
    request.orders = [QueryOrder("value")]
    request.limit = 2
    let read = try await backend.query(request, in: .begin(.readWrite()))
    let id = try #require(read.transaction)
    // Behind the limit.
    _ = try await backend.commit([.upsert(entity("4", 40)), .delete(Key("Thing", name: "5"))])
    _ = try await backend.commit([.upsert(entity("new", 9))], in: .running(id))
  }

  @Test func `A page of a query builds one normal form, its check none`() async throws {
    _ = try await backend.commit((1...5).map { .upsert(entity("\($0)", $0)) })
    let datastore = Datastore(backend: backend)
    let query = Query(kind: "Thing").where(Property("value") > 0)
    let tally = NormalFormTally()
    try await NormalFormTally.$current.withValue(tally) {
      #expect(try await datastore.query(query).page(limit: 2).value.results.count == 2)
      #expect(tally.count == 1)
      #expect(try await datastore.query(query).count().value == 5)
      #expect(tally.count == 2)
      try query.request.check()
      #expect(tally.count == 2)
    }
  }
}
