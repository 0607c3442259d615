// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import DatastoreContractTests
  import DatastoreInMemory
  import DatastoreSQLite
  import Testing

  @Suite struct NamedDatabaseTests {
    @Test(
      arguments: DatastoreContract.cases + DatastoreContract.pastCases
        + DatastoreContract.explainCases)
    func `The contract holds in a named database`(_ contract: DatastoreContract.Case) async throws {
      let backend = try SQLiteBackend.inMemory(
        configuration: .init(historyTime: .seconds(3_600)))
      try await contract.run { try backend.database("named") }
      #expect(try await backend.contents().kinds.allSatisfy { !$0.namespace.isEmpty })
      try await backend.close()
    }

    @Test func `Databases of one file never see each other's entities`() async throws {
      let folder = try TemporaryFolder()
      let backend = try SQLiteBackend(path: folder.file("store"))
      let names = ["", "one", "two"]
      let key = Key("Thing", name: "same", namespace: "space")
      let child = Key("Part", id: 7, parent: key)
      for name in names {
        let datastore = Datastore(backend: try backend.database(name))
        _ = try await datastore.insert(
          Entity(key, ["database": .indexed(.string(name)), "child": .indexed(.key(child))])
        ).value
        _ = try await datastore.insert(Entity(child, ["in\(name)": 1])).value
      }
      for name in names {
        let datastore = Datastore(backend: try backend.database(name))
        let found = try #require(try await datastore.get(key).value)
        #expect(found.key == key && found["database"] == .string(name))
        #expect(found["child"] == .key(child))
        let all = Query(kind: "Thing").inNamespace("space")
        #expect(try await datastore.query(all).fetch().value == [found])
        #expect(try await datastore.query(all).count().value == 1)
        let byChild = all.where(Property("child") == .key(child))
        #expect(try await datastore.query(byChild).fetch().value == [found])
        let byKey = all.where(Property.key >= .key(key)).keysOnly()
        #expect(try await datastore.query(byKey).fetch().value == [key])
        let below = Query().ancestor(key).keysOnly()
        #expect(try await datastore.query(below).fetch().value == [key, child])
        #expect(try await datastore.namespaces().value == ["space"])
        #expect(try await datastore.kinds(inNamespace: "space").value == ["Part", "Thing"])
        let properties = datastore.properties(ofKind: "Part", inNamespace: "space")
        #expect(try await properties.value.map(\.name) == ["in\(name)"])
      }
      let one = Datastore(backend: try backend.database("one"))
      try await one.delete([key, child]).value
      #expect(try await one.get(key).value == nil)
      #expect(try await Datastore(backend: try backend.database("two")).get(key).value != nil)
      try await backend.close()
    }

    @Test func `The databases of a file are those that have entities`() async throws {
      let backend = try SQLiteBackend.inMemory()
      #expect(try await backend.databaseNames() == [])
      let key = Key("Thing", id: 1, namespace: "space")
      for name in ["two", "", "one"] {
        _ = try await backend.database(name).commit([.upsert(Entity(key, ["n": 1]))])
      }
      #expect(try await backend.databaseNames() == ["", "one", "two"])
      _ = try await backend.database("one").commit([.delete(key)])
      #expect(try await backend.databaseNames() == ["", "two"])
      try await backend.close()
    }

    @Test(arguments: [("", "a"), ("a", ""), ("a", "b"), ("ab", "b"), ("b", "ab")])
    func `A transaction of one database is unknown to the others`(_ own: String, _ other: String)
      async throws
    {
      let folder = try TemporaryFolder()
      let file = try SQLiteBackend(path: folder.file("store"))
      try await expectUnknown(own, other) { try file.database($0) }
      let memory = try SQLiteBackend.inMemory()
      try await expectUnknown(own, other) { try memory.database($0) }
      let backend = InMemoryBackend()
      _ = try await backend.database(other).beginTransaction(.readWrite())
      try await expectUnknown(own, other) { try backend.database($0) }
      try await file.close()
    }

    private func expectUnknown(
      _ own: String, _ other: String,
      _ database: (String) throws -> any DatastoreBackend
    ) async throws {
      let (own, other) = (try database(own), try database(other))
      let key = Key("Thing", id: 1)
      let begun = try await own.lookup([key], in: .begin(.readWrite()))
      for id in [try await own.beginTransaction(.readWrite()), try #require(begun.transaction)] {
        let query = QueryRequest(kind: "Thing")
        for call in [
          { _ = try await other.lookup([key], in: .running(id)) },
          { _ = try await other.query(query, in: .running(id)) },
          {
            let count = AggregationRequest(query: query, aggregations: [.count()])
            _ = try await other.aggregate(count, in: .running(id))
          },
          { _ = try await other.commit([.upsert(Entity(key))], in: .running(id)) },
        ] as [() async throws -> Void] {
          let error = await #expect(throws: DatastoreError.self) { try await call() }
          #expect(error?.code == .invalidArgument)
          #expect(error?.message.contains("database") == true)
        }
        try? await other.rollback(id)
        _ = try await own.lookup([key], in: .running(id))
        _ = try await own.commit([.upsert(Entity(key))], in: .running(id))
        _ = try await own.commit([.delete(key)])
      }
    }

    @Test func `A key that looks like one of another database is refused`() async throws {
      let backend = try SQLiteBackend.inMemory()
      let key = Key("Thing", id: 1, namespace: "\u{1}one\u{1}")
      for database in [backend, try backend.database("two")] as [any DatastoreBackend] {
        for call in [
          { _ = try await database.lookup([key]) },
          { _ = try await database.lookup([key], options: ReadOptions()) },
          { _ = try await database.commit([.upsert(Entity(key))]) },
          { _ = try await database.commit([.delete(key)], in: .begin(.readWrite())) },
          { _ = try await database.reserveIDs([key]) },
          {
            _ = try await database.query(QueryRequest(kind: "Thing", namespace: key.namespace))
          },
        ] as [() async throws -> Void] {
          let error = await #expect(throws: DatastoreError.self) { try await call() }
          #expect(error?.code == .invalidArgument)
        }
      }
    }

    @Test(arguments: ["One", "a b", "(default)", "\u{1}", String(repeating: "a", count: 64)])
    func `A name that Google's API does not allow is refused`(_ name: String) throws {
      let backend = try SQLiteBackend.inMemory()
      let error = #expect(throws: DatastoreError.self) { try backend.database(name) }
      #expect(error?.code == .invalidArgument)
    }
  }
#endif
