// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

/// An entity that is read, or inserted if there is none.
@Suite struct GetOrInsertTests {
  private struct Signature: EntityHooks {
    func beforePut(_ entity: inout Entity) { entity["by"] = "hook" }
  }

  private let backend = SimulatedBackend()
  private let key = Key("Note", id: 1)

  @Test func `The entity that it inserts is returned as it is stored`() async throws {
    let datastore = Datastore(
      backend: backend, configuration: .init(namespace: "a"), hooks: [Signature()])
    let new = try await datastore.getOrInsert(Entity(key, ["n": 1])).value
    let stored = try #require(try await datastore.get(key).value)
    #expect(new == stored)
    #expect(new.key?.namespace == "a" && new["by"] == "hook")
    #expect(new.version == stored.version && new.createTime == stored.createTime)
    #expect(try await datastore.getOrInsert(Entity(key, ["n": 2])).value == stored)
  }

  @Test func `Of many callers one inserts, and all get its entity`() async throws {
    let datastores = (0..<4).map { _ in Datastore(backend: backend) }
    let callers = (0..<40).map { number in
      datastores[number % 4].getOrInsert(Entity(key, ["n": .indexed(.integer(Int64(number)))]))
    }
    let found = try await Future.all(callers).value
    let stored = try await datastores[0].get(key).value
    #expect(Set(found).count == 1 && found[0] == stored)
  }

  @Test func `A transaction inserts an entity once, and its other calls get it`() async throws {
    let datastore = Datastore(
      backend: backend, configuration: .init(namespace: "a"), hooks: [Signature()])
    let key = key
    let found = try await datastore.transaction { tx in
      let both = [1, 2].map { tx.getOrInsert(Entity(key, ["n": .indexed(.integer($0))])) }
      var found = try await Future.all(both).value
      found.append(try await tx.getOrInsert(Entity(key, ["n": 3])).value)
      return found
    }.value
    let stored = try #require(try await datastore.get(key).value)
    #expect(Set(found) == [stored] && found[0].version == nil)
    #expect(stored["by"] == "hook" && stored.key?.namespace == "a")
    let again = try await datastore.transaction { tx in
      try await tx.getOrInsert(Entity(key)).value
    }.value
    #expect(again == stored && again.version == stored.version)
  }

  @Test func `A transaction gets what it has written or deleted itself`() async throws {
    let datastore = Datastore(backend: backend)
    let key = key
    let found = try await datastore.transaction { tx in
      tx.put(Entity(key, ["n": 1]))
      let first = try await tx.getOrInsert(Entity(key, ["n": 2])).value
      tx.delete(key)
      return [first, try await tx.getOrInsert(Entity(key, ["n": 3])).value]
    }.value
    #expect(found.map { $0["n"] } == [1, 3])
    #expect(try await datastore.get(key).value?["n"] == 3)
  }

  @Test func `A call that nobody awaits is part of the transaction`() async throws {
    let datastore = Datastore(backend: backend)
    let key = key
    try await datastore.transaction { tx in _ = tx.getOrInsert(Entity(key, ["n": 1])) }.value
    #expect(try await datastore.get(key).value?["n"] == 1)
    let error = await #expect(throws: DatastoreError.self) {
      try await datastore.transaction(.readOnly()) { tx in
        _ = try await tx.getOrInsert(Entity(key)).value
        _ = tx.getOrInsert(Entity(Key("Note", id: 2)))
      }.value
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test func `A store with limits gets or inserts`() async throws {
    let datastore = Datastore(backend: backend).with(retry: .temporaryFailures)
    #expect(try await datastore.getOrInsert(Entity(key, ["n": 1])).value["n"] == 1)
    #expect(try await datastore.getOrInsert(Entity(key, ["n": 2])).value["n"] == 1)
  }

  @Test func `A context that knows no entity gets the one that another process has inserted`()
    async throws
  {
    let (datastore, other) = (Datastore(backend: backend), Datastore(backend: backend))
    try await datastore.withContext { [key] () async throws in
      #expect(try await datastore.get(key).value == nil)
      _ = try await other.put(Entity(key, ["n": 7])).value
      #expect(try await datastore.getOrInsert(Entity(key)).value["n"] == 7)
    }
  }
}
