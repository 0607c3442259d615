// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import ArrivalTesting
import Synchronization
import Testing

/// What reads and writes leave in the contexts around them.
@Suite struct ContextEffectTests {
  private let backend = TransactionalBackend()
  private let datastore: Datastore
  private let key = Key("Thing", name: "a")

  init() { datastore = Datastore(backend: backend) }

  private var lookups: Int { backend.calls.count { $0.hasPrefix("lookup") } }

  // Closures say that they throw, for macros in them hide it from the compiler.

  @Test func `A task that outlives an inner context uses the outer one`() async throws {
    try await datastore.withContext { () async throws in
      _ = try await datastore.get(key).value
      let ended = Promise<Void>()
      let outliving = try await datastore.withContext { () async throws in
        Future {
          try await ended.future.value
          return try await datastore.get(key).value
        }
      }
      ended.succeed(())
      #expect(try await outliving.value == nil)
      #expect(lookups == 1)
    }
  }

  @Test func `A write that the policy does not keep replaces the entity that it kept before`()
    async throws
  {
    let keeps = Atomic(true)
    _ = try await datastore.put(Entity(key, ["value": "old"])).value
    let policy = ContextConfiguration(keeps: { _ in keeps.load(ordering: .relaxed) })
    try await datastore.withContext(policy) { () async throws in
      let key = Key("Thing", name: "a")
      #expect(try await datastore.get(key).value?["value"] == "old")
      keeps.store(false, ordering: .relaxed)
      let put = datastore.put(Entity(key, ["value": "mine"]))
      #expect(try await datastore.get(key).value?["value"] == "mine")
      _ = try await put.value
      #expect(try await datastore.get(key).value?["value"] == "mine")
      keeps.store(true, ordering: .relaxed)
      #expect(try await datastore.get(key).value?["value"] == "mine")
      keeps.store(false, ordering: .relaxed)
      _ = try await datastore.delete(key).value
      keeps.store(true, ordering: .relaxed)
      #expect(try await datastore.get(key).value == nil)
    }
  }

  @Test func `A transaction's write that the policy does not keep replaces the entity, too`()
    async throws
  {
    let keeps = Atomic(true)
    _ = try await datastore.put(Entity(key, ["value": "old"])).value
    let policy = ContextConfiguration(keeps: { _ in keeps.load(ordering: .relaxed) })
    try await datastore.withContext(policy) { () async throws in
      let key = Key("Thing", name: "a")
      #expect(try await datastore.get(key).value?["value"] == "old")
      keeps.store(false, ordering: .relaxed)
      try await datastore.transaction { _ = $0.put(Entity(key, ["value": "mine"])) }.value
      keeps.store(true, ordering: .relaxed)
      #expect(try await datastore.get(key).value?["value"] == "mine")
    }
  }
}
