// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreEngine
import Testing

/// A backend that implements no more than it must.
@Suite struct SmallBackendTests {
  private struct Backend: DatastoreBackend {
    let entities: [Key: Entity]

    func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      try options.requirePresent(for: Self.self)
      try options.checkMask()
      var reply = LookupReply(found: keys.compactMap { entities[$0] })
      reply.mask(options.propertyMask)
      return reply
    }
    func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      try options.requirePresent(for: Self.self)
      return QueryReply(items: [], endCursor: QueryCursor(bytes: []), more: .none)
    }
    func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      try options.requirePresent(for: Self.self)
      return AggregationReply(values: [0])
    }
    func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      CommitReply(keys: mutations.compactMap(\.key))
    }
    func close() async throws {}
  }

  private let key = Key("Animal", name: "cat")
  private var datastore: Datastore {
    Datastore(backend: Backend(entities: [key: Entity(key, ["legs": 4, "name": "Tom"])]))
  }

  @Test func `Gets find the present state, with a mask or without`() async throws {
    let datastore = datastore
    #expect(try await datastore.get(key).value == Entity(key, ["legs": 4, "name": "Tom"]))
    let masked = datastore.get(key, options: ReadOptions(propertyMask: ["legs"]))
    #expect(try await masked.value == Entity(key, ["legs": 4]))
  }

  @Test func `What the backend lacks is refused with its name`() async throws {
    let datastore = datastore
    func message(_ work: () async throws -> Void) async -> String {
      do {
        try await work()
        return "no error"
      } catch {
        return String(describing: error)
      }
    }
    let key = key
    let past = await message {
      _ = try await datastore.get(key, options: ReadOptions(readTime: .now)).value
    }
    #expect(past.contains("Backend keeps no earlier states. Use another"))
    let transaction = await message {
      try await datastore.transaction { _ = try await $0.get(key).value }.value
    }
    #expect(transaction.contains("Backend has no transactions. Use another"))
    let explained = await message {
      _ = try await datastore.query(Query(kind: "Animal")).explain().value
    }
    #expect(explained.contains("Backend explains no queries. Use another"))
    let allocated = await message {
      _ = try await datastore.allocateIDs(for: Key(incomplete: "Animal")).value
    }
    #expect(allocated.contains("Backend allocates no IDs. Use another"))
  }
}
