// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

/// What outlives a context stays in its namespace and keeps its hooks.
@Suite struct OutlivingTaskTests {
  private let backend = SimulatedBackend()
  private let datastore: Datastore
  private let key = Key("Note", id: 1)
  private let stored = Key("Note", id: 1, namespace: "a")
  private let ended = Promise<Void>("end of the context")

  init() { datastore = Datastore(backend: backend) }

  /// Starts `work` in a context of a tenant, lets it go on when the context has returned, and
  /// expects what it writes in the tenant's namespace.
  private func expectInTenant(
    _ work: @escaping @Sendable () -> Future<Void>
  ) async throws {
    let done = await datastore.withContext(.init(namespace: "a")) { work() }
    ended.succeed()
    try await done.value
    #expect(try await datastore.get(key).value == nil)
    #expect(try await datastore.get(stored).value?["by"] == "a")
  }

  private var entity: Entity { Entity(key, ["by": "a"]) }

  @Test func `A task that outlives a context stays in its namespace`() async throws {
    let done = Promise<Void>("task")
    try await expectInTenant { [datastore, ended, entity] in
      Task {
        try await ended.future.value
        _ = try await datastore.put(entity).value
        done.succeed()
      }
      return done.future
    }
  }

  @Test func `A transaction that outlives a context stays in its namespace`() async throws {
    try await expectInTenant { [datastore, ended, entity] in
      datastore.transaction { tx in
        try await ended.future.value
        tx.put(entity)
      }
    }
  }

  @Test func `A getOrInsert that outlives a context stays in its namespace`() async throws {
    backend.when({ $0.method == .lookup && $0.number == 1 }, .wait(.milliseconds(1)))
    try await expectInTenant { [datastore, entity] in
      datastore.getOrInsert(entity).map { _ in }
    }
  }

  @Test func `A retry that outlives a context stays in its namespace`() async throws {
    backend.when(
      { $0.method == .commit && $0.number == 1 }, .fail(DatastoreError(.unavailable, "gone")))
    let policy = RetryPolicy(initialDelay: .zero) { _ in true }
    try await expectInTenant { [datastore, entity] in
      datastore.with(retry: policy).put(entity).map { _ in }
    }
  }

  @Test func `A task that outlives a context keeps its hooks`() async throws {
    struct Signature: EntityHooks {
      func beforePut(_ entity: inout Entity) { entity["by"] = "hook" }
    }
    let written = await datastore.withContext(.init(hooks: [Signature()])) {
      Future { [datastore, ended, key] in
        try await ended.future.value
        return try await datastore.put(Entity(key)).value
      }
    }
    ended.succeed()
    _ = try await written.value
    #expect(try await datastore.get(key).value?["by"] == "hook")
  }
}
