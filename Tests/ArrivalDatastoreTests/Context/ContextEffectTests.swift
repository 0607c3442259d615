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

  /// Runs `body` in a context that has the entity `old`, and whose policy `body` turns off and on.
  private func withPolicy(
    _ body: (_ keeps: borrowing Atomic<Bool>) async throws -> Void
  ) async throws {
    let keeps = Switch()
    _ = try await datastore.put(Entity(key, ["value": "old"])).value
    let policy = ContextConfiguration(keeps: { _ in keeps.isOn.load(ordering: .relaxed) })
    try await datastore.withContext(policy) { () async throws in
      #expect(try await value() == "old")
      keeps.isOn.store(false, ordering: .relaxed)
      try await body(keeps.isOn)
    }
  }

  private func value() async throws -> Value? { try await datastore.get(key).value?["value"] }

  @Test func `A write that the policy does not keep replaces the entity that it kept before`()
    async throws
  {
    try await withPolicy { keeps in
      let put = datastore.put(Entity(key, ["value": "mine"]))
      #expect(try await value() == "mine")
      _ = try await put.value
      #expect(try await value() == "mine")
      keeps.store(true, ordering: .relaxed)
      #expect(try await value() == "mine")
      keeps.store(false, ordering: .relaxed)
      _ = try await datastore.delete(key).value
      keeps.store(true, ordering: .relaxed)
      #expect(try await datastore.get(key).value == nil)
    }
  }

  @Test func `A transaction's write that the policy does not keep replaces the entity, too`()
    async throws
  {
    try await withPolicy { keeps in
      let key = key
      try await datastore.transaction { _ = $0.put(Entity(key, ["value": "mine"])) }.value
      keeps.store(true, ordering: .relaxed)
      #expect(try await value() == "mine")
    }
  }
}

private final class Switch: Sendable {
  let isOn = Atomic(true)
}
