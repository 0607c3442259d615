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

  @Test("Gets of one key are one lookup and equal entities, whatever is written meanwhile")
  func oneLookup() async throws {
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

  @Test("Outside of contexts nothing is kept, and a new context begins empty")
  func offByDefault() async throws {
    #expect(try await value() == 1)
    store(2)
    #expect(try await value() == 2)
    try await datastore.withContext { () async throws in #expect(try await value() == 2) }
    store(3)
    try await datastore.withContext { () async throws in #expect(try await value() == 3) }
    #expect(lookups == 4)
  }

  @Test("A missing entity is kept as missing")
  func missing() async throws {
    try await datastore.withContext { () async throws in
      for _ in 0..<3 { #expect(try await datastore.get(Key("Thing", id: 9)).value == nil) }
    }
    #expect(lookups == 1)
  }

  @Test("A put and a delete are seen at once, before they are durable")
  func writes() async throws {
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

  @Test("What could not be written is asked for again")
  func failedWrite() async throws {
    try await datastore.withContext { () async throws in
      #expect(try await value() == 1)
      backend.failure.withLock { $0 = DatastoreError(.unavailable, "gone") }
      let put = datastore.put(Entity(key, ["value": 2]))
      #expect(await put.getException() != nil)
      #expect(try await value() == 1)
    }
    #expect(lookups == 2)
  }

  @Test("A lookup that failed is not kept")
  func failedLookup() async throws {
    try await datastore.withContext { () async throws in
      let incomplete = Key(incomplete: "Thing")
      #expect(await datastore.get(incomplete).getException() is DatastoreError)
      let future = datastore.get(key)
      future.cancel()
      #expect(try await value() == 1)
    }
  }

  @Test("Cancelling one get does no harm to another of the same key")
  func cancellation() async throws {
    try await datastore.withContext { () async throws in
      let (first, second) = (datastore.get(key), datastore.get(key))
      first.cancel()
      #expect(try await second.value?["value"] == 1)
    }
    #expect(lookups == 1)
  }

  @Test("A fresh get asks again, and later ones see what it found")
  func fresh() async throws {
    try await datastore.withContext { () async throws in
      #expect(try await value() == 1)
      store(2)
      #expect(try await value(fresh: true) == 2)
      #expect(try await value() == 2)
    }
    #expect(lookups == 2)
  }

  @Test("The configuration says what is kept, and how much")
  func configuration() async throws {
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

  @Test("An inner context begins empty, and what is written there is seen outside")
  func nesting() async throws {
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

  @Test("A transaction reads past the context, and what it wrote is there when it has committed")
  func transactions() async throws {
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

  @Test("A task that outlives the request goes on without its context")
  func outliving() async throws {
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

  @Test("A context of one datastore is none of another")
  func otherDatastore() async throws {
    let other = Datastore(backend: backend)
    try await datastore.withContext { () async throws in
      #expect(try await other.get(key).value?["value"] == 1)
      store(2)
      #expect(try await other.get(key).value?["value"] == 2)
    }
  }
}
