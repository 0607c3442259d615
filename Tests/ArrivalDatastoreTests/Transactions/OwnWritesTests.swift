// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

/// What a `get` sees of the writes of its own transaction.
@Suite struct OwnWritesTests {
  private let datastore = Datastore(backend: InMemoryBackend())
  private let key = Key("Note", id: 1)

  @Test func `A get after a put sees the old entity, or the new one if asked for`() async throws {
    let key = key
    _ = try await datastore.put(Entity(key, ["n": 1])).value
    for (own, expected) in [(false, 1), (true, 2)] as [(Bool, Value)] {
      let seen = try await datastore.transaction(readsOwnWrites: own) { tx in
        tx.put(Entity(key, ["n": 2]))
        let seen = try await tx.get(key).value
        tx.put(Entity(key, ["n": 1]))
        return seen
      }.value
      #expect(seen?["n"] == expected)
    }
  }

  @Test func `Own writes include deletions, masks and transforms`() async throws {
    let key = key
    _ = try await datastore.put(Entity(key, ["n": 1, "s": "x"])).value
    let seen = try await datastore.transaction(readsOwnWrites: true) { tx in
      tx.update(key, [PropertyTransform("n", .increment(1))])
      tx.write(Mutation(.update(Entity(key, ["s": "y"])), propertyMask: ["s"]))
      let changed = try await tx.get(key).value
      tx.delete(key)
      let deleted = try await tx.get(key).value
      return [changed, deleted]
    }.value
    #expect(seen == [Entity(key, ["n": 2, "s": "y"]), nil])
    #expect(try await datastore.get(key).value == nil)
  }

  @Test(arguments: [
    ["insert", "insert"], ["put", "insert"], ["delete", "update"],
  ])
  func `Writes that exclude each other fail the transaction`(_ steps: [String]) async throws {
    let key = key
    let error = await #expect(throws: DatastoreError.self) {
      try await datastore.transaction { tx in
        for step in steps {
          switch step {
          case "insert": tx.insert(Entity(key))
          case "update": tx.update(Entity(key))
          case "put": tx.put(Entity(key))
          default: tx.delete(key)
          }
        }
      }.value
    }
    #expect(error?.code == .invalidArgument)
  }
}
