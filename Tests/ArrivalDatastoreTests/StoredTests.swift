// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

/// Values with their versions.
@Suite struct StoredTests {
  private struct User: DatastoreEntity, Equatable {
    var key = User.newKey()
    var name = ""
    var version = 0
  }

  private let datastore = Datastore(backend: InMemoryBackend())
  private let key = User.key(id: 1)

  private func stored() async throws -> Stored<User> {
    try #require(try await datastore.get(key, as: Stored<User>.self).value)
  }

  @Test func `An update succeeds if the entity is unchanged, and fails otherwise`() async throws {
    #expect(try await datastore.get(key, as: Stored<User>.self).value == nil)
    _ = try await datastore.put(User(key: key, name: "Ann", version: 7)).value
    var (mine, others) = (try await stored(), try await stored())
    #expect(mine.name == "Ann" && mine.value.version == 7 && mine.version != nil)
    #expect(mine.createTime == mine.updateTime)
    mine.name = "Anna"
    _ = try await datastore.update(mine).value
    others.name = "Hannah"
    let error = await #expect(throws: DatastoreError.self) {
      try await datastore.update(others).value
    }
    #expect(error?.code == .failedPrecondition && error?.key == key)
    await #expect(throws: DatastoreError.self) { try await datastore.delete(others).value }
    #expect(try await stored().value == User(key: key, name: "Anna", version: 7))
    _ = try await datastore.delete(try await stored()).value
    #expect(try await datastore.get(key).value == nil)
    let gone = await #expect(throws: DatastoreError.self) {
      try await datastore.update(mine).value
    }
    #expect(gone?.code == .notFound)
  }

  @Test func `An update that comes too late does not fail the writes beside it`() async throws {
    _ = try await datastore.put(User(key: key)).value
    let stale = try await stored()
    _ = try await datastore.put(User(key: key, name: "Ann")).value
    let (update, put) = (
      datastore.update(stale), datastore.put(Entity(Key("Other", id: 1)))
    )
    await #expect(throws: DatastoreError.self) { try await update.value }
    #expect(try await put.value == Key("Other", id: 1))
  }

  @Test func `A query returns values with versions, which can be updated`() async throws {
    _ = try await datastore.put([User(key: key, name: "Ann"), User(name: "Bo")]).value
    let query = Query(User.self).where(\.name == "Ann").withVersions()
    var found = try await datastore.query(query).fetch().value
    #expect(found.count == 1)
    found[0].name = "Anna"
    _ = try await datastore.update(found[0]).value
    #expect(try await stored().name == "Anna")
  }

  @Test func `In a transaction a stale value fails the commit`() async throws {
    _ = try await datastore.put(User(key: key, name: "Ann")).value
    let stale = try await stored()
    _ = try await datastore.put(User(key: key, name: "Bo")).value
    let error = await #expect(throws: DatastoreError.self) {
      try await datastore.transaction { tx in
        tx.put(Entity(Key("Other", id: 1)))
        tx.update(stale)
      }.value
    }
    #expect(error?.code == .failedPrecondition)
    #expect(try await datastore.get(Key("Other", id: 1)).value == nil)
  }

  @Test func `A value without a version is refused`() async throws {
    let stored = try Stored<User>(Entity(key, ["name": "Ann", "version": 1]))
    let error = await #expect(throws: DatastoreError.self) {
      try await datastore.update(stored).value
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test func `In a context a value can be updated again and again`() async throws {
    try await datastore.withContext { () async throws in
      _ = try await datastore.put(User(key: key)).value
      for number in 1...3 {
        var user = try await stored()
        user.name = "\(number)"
        _ = try await datastore.update(user).value
      }
      #expect(try await stored().name == "3")
    }
  }
}
