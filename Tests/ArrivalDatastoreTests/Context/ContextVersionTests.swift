// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

/// A context returns its own writes with the versions that they have got.
@Suite struct ContextVersionTests {
  private let datastore = Datastore(backend: InMemoryBackend())
  private let key = Key("Note", id: 1)

  /// Expects that the context has the stored version and times of the key.
  private func expectStoredVersion() async throws {
    let kept = try #require(try await datastore.get(key).value)
    let stored = try #require(try await datastore.get(key, options: ReadOptions()).value)
    #expect(kept == stored)
    #expect(kept.version != nil && kept.version == stored.version)
    #expect(kept.createTime == stored.createTime)
    #expect(kept.updateTime == stored.updateTime)
    let change = Mutation(
      .update(kept), conflictDetection: .baseVersion(kept.version ?? 0),
      conflictResolutionStrategy: .fail)
    _ = try await datastore.mutate(change).value
  }

  @Test func `An entity that was put has its new version, so it can be updated again`()
    async throws
  {
    _ = try await datastore.put(Entity(key, ["n": 0])).value
    try await datastore.withContext { () async throws in
      var entity = try #require(try await datastore.get(key).value)
      entity["n"] = 1
      _ = try await datastore.put(entity).value
      try await expectStoredVersion()
      _ = try await datastore.update(key, [PropertyTransform("n", .increment(1))]).value
      try await expectStoredVersion()
      try await datastore.delete(key).value
      _ = try await datastore.insert(entity).value
      try await expectStoredVersion()
    }
  }

  @Test func `An entity that is being written has no version`() async throws {
    let backend = TransactionalBackend()
    let datastore = Datastore(backend: backend)
    try await datastore.withContext { [key] () async throws in
      let durable = Promise<Void>("durable")
      backend.gate.withLock { $0 = durable.future }
      var entity = Entity(key)
      entity.version = 7
      let put = datastore.put(entity)
      let seen = try await datastore.get(key).value
      #expect(seen == entity && seen?.version == nil)
      durable.succeed()
      _ = try await put.value
    }
  }

  @Test func `An entity that a transaction has written has its new version`() async throws {
    try await datastore.withContext { () async throws in
      for number in 1...2 as ClosedRange<Int64> {
        try await datastore.transaction { [key] tx in
          var entity = try await tx.get(key).value ?? Entity(key)
          entity["n"] = .integer(number)
          tx.put(entity)
        }.value
        try await expectStoredVersion()
      }
    }
  }

  @Test func `A new entity whose ID the datastore chose has its version`() async throws {
    try await datastore.withContext { () async throws in
      let new = try await datastore.put(Entity(Key(incomplete: "Note"))).value
      let kept = try await datastore.get(new).value
      let stored = try await datastore.get(new, options: ReadOptions()).value
      #expect(kept?.version != nil && kept?.version == stored?.version)
    }
  }

  @Test func `An entity that hooks have changed is returned as it is stored`() async throws {
    struct Stamp: EntityHooks {
      func beforePut(_ entity: inout Entity) { entity["by"] = "hook" }
    }
    let datastore = Datastore(backend: InMemoryBackend(), hooks: [Stamp()])
    try await datastore.withContext { [key] () async throws in
      let put = datastore.put(Entity(key, ["n": 1]))
      #expect(try await datastore.get(key).value == Entity(key, ["n": 1, "by": "hook"]))
      _ = try await put.value
      #expect(try await datastore.get(key).value == Entity(key, ["n": 1, "by": "hook"]))
      let new = try await datastore.put(Entity(Key(incomplete: "Note"), ["n": 2])).value
      #expect(try await datastore.get(new).value == Entity(new, ["n": 2, "by": "hook"]))
      try await datastore.transaction { tx in _ = tx.put(Entity(key, ["n": 3])) }.value
      #expect(try await datastore.get(key).value == Entity(key, ["n": 3, "by": "hook"]))
    }
  }

  @Test func `A transaction that reads its own writes sees no version of them`() async throws {
    _ = try await datastore.put(Entity(key)).value
    let seen = try await datastore.transaction(readsOwnWrites: true) { [key] tx in
      guard let entity = try await tx.get(key).value else { return Entity?.none }
      tx.put(entity)
      return try await tx.get(key).value
    }.value
    #expect(seen != nil && seen?.version == nil && seen?.updateTime == nil)
  }
}
