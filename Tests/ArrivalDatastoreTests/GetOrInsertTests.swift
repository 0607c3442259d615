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
