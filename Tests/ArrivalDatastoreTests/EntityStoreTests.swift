// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import FoundationEssentials
import Testing

/// A function that takes any store works with a datastore and with a transaction.
@Suite struct EntityStoreTests {
  private struct User: DatastoreEntity, Equatable {
    var key = User.newKey()
    var name: String
  }

  private struct Price: Codable {
    // A Decimal cannot be stored.
    var amount: Decimal
  }

  private let datastore = Datastore(backend: InMemoryBackend())

  private func rename(_ key: Key, to name: String, in store: some EntityStore) async throws {
    guard var user = try await store.get(key, as: User.self).value else { return }
    user.name = name
    _ = try await store.put(user).value
  }

  @Test func `A function that takes any store changes a datastore`() async throws {
    let ann = try await datastore.put(User(name: "Ann")).value
    try await rename(ann, to: "Anna", in: datastore)
    #expect(try await datastore.get(ann, as: User.self).value?.name == "Anna")
  }

  @Test func `A function that takes any store writes with the transaction`() async throws {
    let ann = try await datastore.put(User(name: "Ann")).value
    try await datastore.transaction { [self] tx in
      try await rename(ann, to: "Anna", in: tx)
      let name = try await datastore.get(ann, as: User.self).value?.name
      #expect(name == "Ann")
    }.value
    #expect(try await datastore.get(ann, as: User.self).value?.name == "Anna")
  }

  @Test func `Any store deletes and finds`() async throws {
    @Sendable func names(in store: some EntityStore) async throws -> [String] {
      try await store.query(Query(User.self).order(by: \.name)).fetch().value.map(\.name)
    }
    let ann = try await datastore.put(User(name: "Ann")).value
    _ = try await datastore.put(User(name: "Bea")).value
    #expect(try await names(in: datastore) == ["Ann", "Bea"])
    try await datastore.transaction { tx async throws in
      let found = try await names(in: tx)
      #expect(found == ["Ann", "Bea"])
      tx.delete(ann)
    }.value
    #expect(try await names(in: datastore) == ["Bea"])
  }

  @Test func `A value that cannot be encoded fails its future alone in a datastore`() async throws {
    let key = Key("Price", id: 1)
    let error = await datastore.put(Price(amount: 1), key: key).getException() as? DatastoreError
    #expect(error?.code == .invalidArgument)
    _ = try await datastore.put(Entity(key)).value
  }

  @Test func `A value that cannot be encoded fails the whole transaction`() async throws {
    let future = datastore.transaction { tx in
      tx.put(Entity(Key("Thing", id: 1)))
      tx.put(Price(amount: 1), key: Key("Price", id: 1))
    }
    let error = await future.getException() as? DatastoreError
    #expect(error?.code == .invalidArgument)
    #expect(try await datastore.get(Key("Thing", id: 1)).value == nil)
  }

  @Test func `A future names the line that created it`() {
    let line = #line + 1
    let future = datastore.get(Key("Thing", id: 1))
    #expect(future.description.contains("EntityStoreTests.swift:\(line)"))
  }
}
