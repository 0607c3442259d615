// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

/// Two tenants on one backend.
@Suite struct NamespaceTests {
  private let backend = InMemoryBackend()
  private let key = Key("Note", id: 1)

  private func tenant(_ name: String) -> Datastore {
    Datastore(backend: backend, configuration: .init(namespace: name))
  }

  private func check(_ datastore: Datastore, _ name: String) async throws {
    let expected = Entity(
      Key("Note", id: 1, namespace: name),
      [
        "owner": .indexed(.string(name)),
        "next": .indexed(.key(Key("Note", id: 2, namespace: name))),
      ])
    #expect(try await datastore.get(key).value == expected)
    #expect(try await datastore.get([key]).value == [expected])
    #expect(try await datastore.get(key, options: ReadOptions()).value == expected)
    let all = Query(kind: "Note")
    #expect(try await datastore.query(all).fetch().value == [expected])
    #expect(try await datastore.query(all).count().value == 1)
    #expect(try await datastore.query(all, options: ReadOptions()).fetch().value == [expected])
    let byValue = all.where(Property("next") == .key(Key("Note", id: 2)))
    #expect(try await datastore.query(byValue).fetch().value == [expected])
    #expect(try await datastore.query(all.ancestor(key)).fetch().value == [expected])
    #expect(try await datastore.query(Query()).fetch().value == [expected])
    #expect(try await datastore.gql("SELECT * FROM Note").fetch().value == [expected])
    let count = datastore.aggregate(gql: "SELECT COUNT(*) AS n FROM Note")
    #expect(try await count.value == ["n": 1])
    #expect(try await datastore.namespaces().value == [name])
    #expect(try await datastore.kinds().value == ["Note"])
    let ids = try await datastore.allocateIDs(for: Key(incomplete: "Note")).value
    #expect(ids.map(\.namespace) == [name])
    let seen = try await datastore.transaction { [key] tx in
      let found = try await tx.get(key).value
      let queried = try await tx.query(all).fetch().value
      return [found] + queried
    }.value
    #expect(seen == [expected, expected])
  }

  @Test func `Two tenants never see each other through any call`() async throws {
    for name in ["a", "b"] {
      let entity = Entity(
        key, ["owner": .indexed(.string(name)), "next": .indexed(.key(Key("Note", id: 2)))])
      let stored = try await tenant(name).insert(entity).value
      #expect(stored == Key("Note", id: 1, namespace: name))
    }
    for name in ["a", "b"] { try await check(tenant(name), name) }
    let plain = Datastore(backend: backend)
    for name in ["a", "b"] {
      try await plain.withContext(.init(namespace: name)) { try await check(plain, name) }
    }
    #expect(try await plain.get(key).value == nil)
    try await tenant("a").delete(key).value
    try await check(tenant("b"), "b")
  }

  @Test func `A key or query of another tenant is refused`() async throws {
    let datastore = tenant("a")
    let other = Key("Note", id: 1, namespace: "b")
    let query = Query(kind: "Note").inNamespace("b")
    func expectRefusal<T>(_ future: Future<T>) async {
      let error = await #expect(throws: DatastoreError.self) { try await future.value }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains("confined to") == true)
    }
    await expectRefusal(datastore.get(other))
    await expectRefusal(datastore.get(other, options: ReadOptions()))
    await expectRefusal(datastore.put(Entity(other)))
    await expectRefusal(datastore.put(Entity(key, ["k": .indexed(.key(other))])))
    await expectRefusal(datastore.delete(other))
    await expectRefusal(datastore.update(other, [PropertyTransform("n", .increment(1))]))
    await expectRefusal(datastore.query(query).fetch())
    await expectRefusal(datastore.query(query).count())
    await expectRefusal(datastore.query(Query(kind: "Note").ancestor(other)).fetch())
    await expectRefusal(datastore.query(Query(kind: "__namespace__")).fetch())
    await expectRefusal(datastore.allocateIDs(for: Key(incomplete: "Note", namespace: "b")))
    await expectRefusal(datastore.reserveIDs([other]))
    await expectRefusal(datastore.transaction { tx in try await tx.get(other).value })
    await expectRefusal(datastore.transaction { tx in _ = try await tx.put(Entity(other)).value })
  }

  @Test func `A context cannot leave the namespace of its datastore or of an outer context`()
    async throws
  {
    let key = key
    let confined = tenant("a")
    await confined.withContext(.init(namespace: "b")) {
      let error = await #expect(throws: DatastoreError.self) { try await confined.get(key).value }
      #expect(error?.code == .invalidArgument)
    }
    let plain = Datastore(backend: backend)
    await plain.withContext(.init(namespace: "a")) {
      await plain.withContext(.init(namespace: "b")) {
        let error = await #expect(throws: DatastoreError.self) { try await plain.get(key).value }
        #expect(error?.code == .invalidArgument)
      }
    }
  }
}
