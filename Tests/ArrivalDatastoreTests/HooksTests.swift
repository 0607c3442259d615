// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Synchronization
import Testing

/// Hooks run before and after each get, put and delete.
@Suite struct HooksTests {
  private struct Refused: Error {}

  /// Notes what it is told, and changes or refuses some of it.
  private final class Recorder: EntityHooks {
    let name: String
    let log = Mutex<[String]>([])
    var events: [String] { log.withLock { $0 } }

    init(_ name: String = "") { self.name = name }

    private func note(_ text: String) { log.withLock { $0.append(name + text) } }

    private func text<T>(_ outcome: Result<T, any Error>) -> String {
      switch outcome {
      case .success(let value): "\(value)"
      case .failure(let error): "\((error as? DatastoreError)?.code.description ?? "\(error)")"
      }
    }

    func beforeGet(_ key: Key) throws {
      note("before get \(key.name ?? "?")")
      if key.name == "secret" { throw Refused() }
    }
    func afterGet(_ key: Key, _ outcome: Result<Entity?, any Error>) {
      note("after get \(text(outcome.map { $0?["n"]?.integerValue ?? 0 }))")
    }
    func beforePut(_ entity: inout Entity) throws {
      if entity["bad"] != nil { throw Refused() }
      entity["by"] = "hook"
    }
    func afterPut(_ entity: Entity, _ outcome: Result<Key, any Error>) {
      note("after put \(text(outcome.map { $0.name ?? "?" }))")
    }
    func beforeDelete(_ key: Key) throws { note("before delete") }
    func afterDelete(_ key: Key, _ outcome: Result<Void, any Error>) {
      note("after delete \(text(outcome))")
    }
  }

  private let a = Key("K", name: "a")

  @Test func `Hooks of a datastore see and change its gets, puts and deletes`() async throws {
    let hooks = Recorder()
    let datastore = Datastore(backend: InMemoryBackend(), hooks: [hooks])
    _ = try await datastore.put(Entity(a, ["n": 7])).value
    let found = try await datastore.get(a).value
    #expect(found?["by"] == "hook")
    try await datastore.delete(a).value
    #expect(
      hooks.events == [
        "after put a", "before get a", "after get 7", "before delete", "after delete ()",
      ])
  }

  @Test func `A hook that throws fails its call, and nothing is sent`() async throws {
    let backend = ScriptedBackend()
    let datastore = Datastore(backend: backend, hooks: [Recorder()])
    await #expect(throws: Refused.self) {
      try await datastore.get(Key("K", name: "secret")).value
    }
    await #expect(throws: Refused.self) {
      _ = try await datastore.put(Entity(a, ["bad": true])).value
    }
    #expect(backend.lookups.isEmpty && backend.commits.isEmpty)
  }

  @Test func `Hooks after a call are told of its failure`() async throws {
    let hooks = Recorder()
    let datastore = Datastore(backend: InMemoryBackend(), hooks: [hooks])
    _ = try await datastore.insert(Entity(a)).value
    await #expect(throws: DatastoreError.self) { try await datastore.insert(Entity(a)).value }
    #expect(hooks.events == ["after put a", "after put alreadyExists"])
  }

  @Test func `Hooks of contexts run inside those of the datastore`() async throws {
    let (outer, inner) = (Recorder("outer "), Recorder("inner "))
    let all = Recorder()
    let datastore = Datastore(backend: InMemoryBackend(), hooks: [all])
    try await datastore.withContext(.init(hooks: [outer])) {
      try await datastore.withContext(.init(hooks: [inner])) {
        _ = try await datastore.get(a).value
      }
      _ = try await datastore.get(a).value
    }
    _ = try await datastore.get(a).value
    #expect(all.events.count == 6)
    #expect(outer.events.count == 4)
    #expect(inner.events == ["inner before get a", "inner after get 0"])
  }

  @Test func `In a transaction, hooks after writes run when the commit is durable`() async throws {
    let hooks = Recorder()
    let datastore = Datastore(backend: InMemoryBackend(), hooks: [hooks])
    try await datastore.transaction { [a] tx in
      _ = try await tx.put(Entity(a, ["n": 1])).value
      #expect(hooks.events.isEmpty)
    }.value
    #expect(hooks.events == ["after put a"])
    await #expect(throws: Refused.self) {
      try await datastore.transaction { [a] tx in
        tx.delete(a)
        tx.put(Entity(Key("K", name: "b"), ["bad": true]))
      }.value
    }
    #expect(hooks.events == ["after put a", "before delete"])
    #expect(try await datastore.get(a).value?["by"] == "hook")
  }

  @Test func `A hook hears that the stored entity has won`() async throws {
    let hooks = Recorder()
    let datastore = Datastore(backend: InMemoryBackend(), hooks: [hooks])
    _ = try await datastore.put(Entity(a, ["n": 1])).value
    let stale = [
      Mutation(.update(Entity(a, ["n": 2])), conflictDetection: .baseVersion(1)),
      Mutation(.delete(a), conflictDetection: .baseVersion(1)),
    ]
    for mutation in stale { _ = try await datastore.write(mutation).value }
    #expect(
      hooks.events == [
        "after put a", "after put failedPrecondition", "before delete",
        "after delete failedPrecondition",
      ])
    #expect(try await datastore.get(a).value?["n"] == 1)
  }

  @Test func `In a transaction, hooks hear of each write whether the stored entity has won`()
    async throws
  {
    let hooks = Recorder()
    let datastore = Datastore(backend: InMemoryBackend(), hooks: [hooks])
    let (a, b) = (a, Key("K", name: "b"))
    _ = try await datastore.put([Entity(a, ["n": 1]), Entity(b, ["n": 1])]).value
    let version = try #require(
      try await datastore.get(b, options: ReadOptions()).value?.version)
    hooks.log.withLock { $0 = [] }
    try await datastore.transaction { tx in
      tx.write(Mutation(.update(Entity(a, ["n": 2])), conflictDetection: .baseVersion(1)))
      tx.put(Entity(b, ["n": 2]))
      tx.write(Mutation(.update(Entity(b, ["n": 3])), conflictDetection: .baseVersion(version)))
      tx.update(a, [PropertyTransform("n", .increment(4))])
      tx.write(Mutation(.delete(a), conflictDetection: .baseVersion(1)))
    }.value
    #expect(
      hooks.events == [
        "before delete", "after put failedPrecondition", "after put b", "after put b",
        "after put a", "after delete failedPrecondition",
      ])
    #expect(try await datastore.get([a, b]).value.map { $0?["n"] } == [5, 3])
  }

  @Test func `Calls for several keys run the hooks of each`() async throws {
    let hooks = Recorder()
    let datastore = Datastore(backend: InMemoryBackend(), hooks: [hooks])
    let b = Key("K", name: "b")
    _ = try await datastore.put([Entity(a, ["n": 1]), Entity(b, ["n": 2])]).value
    let found = try await datastore.get([a, b]).value
    #expect(found.map { $0?["by"] } == ["hook", "hook"])
    try await datastore.delete([a, b]).value
    #expect(
      hooks.events.sorted() == [
        "after delete ()", "after delete ()", "after get 1", "after get 2", "after put a",
        "after put b", "before delete", "before delete", "before get a", "before get b",
      ])
    await #expect(throws: Refused.self) {
      try await datastore.put([Entity(a), Entity(b, ["bad": true])]).value
    }
    await #expect(throws: Refused.self) {
      try await datastore.get([b, Key("K", name: "secret")]).value
    }
  }

  @Test func `A hook sees and may write keys of a tenant without leaving it`() async throws {
    struct Link: EntityHooks {
      func beforePut(_ entity: inout Entity) { entity["link"] = .key(Key("K", name: "z")) }
    }
    let datastore = Datastore(
      backend: InMemoryBackend(), configuration: .init(namespace: "acme"), hooks: [Link()])
    _ = try await datastore.put(Entity(a)).value
    let link = try await datastore.get(a).value?["link"]?.keyValue
    #expect(link == Key("K", name: "z", namespace: "acme"))
  }
}
