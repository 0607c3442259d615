// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import ArrivalTesting
import Testing

@Suite struct ContextTests {
  private let backend = TransactionalBackend()
  private let datastore: Datastore
  private let key = Key("Thing", name: "a")

  init() {
    datastore = Datastore(backend: backend)
    store(1)
  }

  /// Writes past the datastore, as another process would.
  private func store(_ value: Int64) {
    backend.entities.withLock { $0[key] = Entity(key, ["value": .indexed(.integer(value))]) }
  }

  private func value(fresh: Bool = false) async throws -> Value? {
    try await datastore.get(key, fresh: fresh).value?["value"]
  }

  private var lookups: Int { backend.calls.count { $0.hasPrefix("lookup") } }

  // Closures say that they throw, for macros in them hide it from the compiler.

  @Test func `Gets of one key are one lookup, also if the key is written meanwhile`()
    async throws
  {
    try await datastore.withContext { () async throws in
      async let first = value()
      async let second = value()
      #expect(try await [first, second] == [1, 1])
      store(2)
      #expect(try await value() == 1)
      let inTasklet = Future { [self] in try await value() }
      #expect(try await inTasklet.value == 1)
    }
    #expect(lookups == 1)
  }

  @Test func `Nothing is cached outside of contexts, and a new context begins empty`() async throws
  {
    #expect(try await value() == 1)
    store(2)
    #expect(try await value() == 2)
    try await datastore.withContext { () async throws in #expect(try await value() == 2) }
    store(3)
    try await datastore.withContext { () async throws in #expect(try await value() == 3) }
    #expect(lookups == 4)
  }

  @Test func `A missing entity is cached as missing`() async throws {
    try await datastore.withContext { () async throws in
      for _ in 0..<3 { #expect(try await datastore.get(Key("Thing", id: 9)).value == nil) }
    }
    #expect(lookups == 1)
  }

  @Test func `The context shows puts and deletes before they are durable`() async throws {
    try await datastore.withContext { () async throws in
      #expect(try await value() == 1)
      let durable = Promise<Void>()
      backend.gate.withLock { $0 = durable.future }
      let put = datastore.put(Entity(key, ["value": 2]))
      #expect(try await value() == 2)
      #expect(try await value(fresh: true) == 2)
      durable.succeed()
      _ = try await put.value
      let delete = datastore.delete(key)
      #expect(try await value() == nil)
      try await delete.value
      #expect(try await value() == nil)
      let new = await datastore.put(Entity(Key(incomplete: "Thing"), ["value": 5])).getException()
      #expect(new == nil)
    }
    #expect(lookups == 1)
  }

  @Test func `After a failed write the entity is looked up again`() async throws {
    try await datastore.withContext { () async throws in
      #expect(try await value() == 1)
      backend.failure.withLock { $0 = DatastoreError(.unavailable, "gone") }
      let put = datastore.put(Entity(key, ["value": 2]))
      #expect(await put.getException() != nil)
      #expect(try await value() == 1)
    }
    #expect(lookups == 2)
  }

  @Test func `A failed lookup is not cached`() async throws {
    try await datastore.withContext { () async throws in
      let incomplete = Key(incomplete: "Thing")
      #expect(await datastore.get(incomplete).getException() is DatastoreError)
      let future = datastore.get(key)
      future.cancel()
      #expect(try await value() == 1)
    }
  }

  @Test func `Cancelling one get does not affect another get of the same key`() async throws {
    try await datastore.withContext { () async throws in
      let (first, second) = (datastore.get(key), datastore.get(key))
      first.cancel()
      #expect(try await second.value?["value"] == 1)
    }
    #expect(lookups == 1)
  }

  @Test func `A fresh get looks up again, and later gets see its result`() async throws {
    try await datastore.withContext { () async throws in
      #expect(try await value() == 1)
      store(2)
      #expect(try await value(fresh: true) == 2)
      #expect(try await value() == 2)
    }
    #expect(lookups == 2)
  }

  @Test func `The configuration decides what is cached, and how much`() async throws {
    try await datastore.withContext(.init(keeps: { $0.kind != "Thing" })) { () async throws in
      #expect(try await value() == 1)
      store(2)
      #expect(try await value() == 2)
    }
    try await datastore.withContext(.init(maxEntities: 2)) { () async throws in
      let before = lookups
      for id in [1, 2, 1, 3, 1, 2] as [Int64] {
        _ = try await datastore.get(Key("B", id: id)).value
      }
      // 2 was used least recently when 3 came, and is looked up again.
      #expect(lookups - before == 4)
    }
  }

  @Test func `An inner context begins empty, and its writes are visible outside`()
    async throws
  {
    try await datastore.withContext { () async throws in
      #expect(try await value() == 1)
      store(2)
      try await datastore.withContext { () async throws in
        #expect(try await value() == 2)
        _ = try await datastore.put(Entity(key, ["value": 3])).value
      }
      #expect(try await value() == 3)
    }
    #expect(lookups == 2)
  }

  @Test
  func `A transaction bypasses the context, which shows its writes after the commit`()
    async throws
  {
    try await datastore.withContext { () async throws in
      #expect(try await value() == 1)
      store(2)
      let seen = try await datastore.transaction { tx in
        let old = try await tx.get(key).value?["value"]
        tx.put(Entity(key, ["value": 3]))
        #expect(try await value() == 1)
        return old
      }.value
      #expect(seen == 2)
      #expect(try await value() == 3)
      #expect(lookups == 2)

      // Nobody knows whether this one was written.
      backend.failure.withLock { $0 = DatastoreError(.unavailable, "gone") }
      let failed = datastore.transaction { tx in _ = tx.put(Entity(key, ["value": 4])) }
      #expect(await failed.getException() != nil)
      #expect(try await value() == 3)
      #expect(lookups == 3)
    }
  }

  @Test func `A task that outlives the request continues without its context`() async throws {
    let (ended, seen) = (Promise<Void>(), Promise<Value?>())
    try await datastore.withContext { () async throws in
      #expect(try await value() == 1)
      Task {
        try await ended.future.value
        seen.succeed(try await value())
      }
    }
    store(2)
    ended.succeed(())
    #expect(try await seen.future.value == 2)
  }

  @Test func `A context belongs to one datastore`() async throws {
    let other = Datastore(backend: backend)
    try await datastore.withContext { () async throws in
      #expect(try await other.get(key).value?["value"] == 1)
      store(2)
      #expect(try await other.get(key).value?["value"] == 2)
    }
  }
}
