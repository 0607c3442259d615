// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreEngine
import DatastoreInMemory
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

  @Test func `A state of the past is refused`() async {
    let error = await #expect(throws: DatastoreError.self) {
      try await backend.beginTransaction(.readOnly(asOf: Timestamp(microseconds: 0)))
    }
    #expect(error?.code == .invalidArgument)
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
