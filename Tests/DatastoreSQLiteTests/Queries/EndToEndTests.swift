// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import DatastoreSQLite
  import Testing

  private struct Account: DatastoreEntity {
    var key = Account.newKey()
    var name: String
    var balance: Double
    var tags: [String] = []
  }

  /// Queries as programs write them, down to the file.
  @Suite struct QueryEndToEndTests {
    private func store(_ datastore: Datastore, _ count: Int) async throws {
      let puts = (0..<count).map { number in
        datastore.put(
          Account(
            name: "n\(1_000 - number)", balance: Double(number),
            tags: number % 2 == 0 ? ["even", "all"] : ["all"]))
      }
      _ = try await Future.all(puts).value
    }

    @Test func `A typed query gives values of its type, fetched, counted and one by one`()
      async throws
    {
      let datastore = Datastore(backend: try SQLiteBackend.inMemory())
      try await store(datastore, 500)
      let rich = Query(Account.self).where(\.balance > 100 && .contains(\.tags, "even"))
        .order(by: \.name)
      let results = datastore.query(rich, pageSize: 7)
      #expect(try await results.first().value?.balance == 498)
      let all = try await results.fetch().value
      #expect(all.count == 199)
      #expect(all.map(\.name) == all.map(\.name).sorted())
      #expect(try await results.count().value == 199)
      var names: [String] = []
      for try await account in results { names.append(account.name) }
      #expect(names == all.map(\.name))
      let sum = try await results.aggregate([.sum(try Property(\Account.balance).name)]).value
      #expect(sum == [.double(all.reduce(0) { $0 + $1.balance })])
      let keys = try await datastore.query(rich.keysOnly()).fetch().value
      #expect(keys == all.map(\.key))
      try await datastore.close()
    }

    @Test func `A cursor stored as text continues in the reopened file`() async throws {
      let folder = try TemporaryFolder()
      let query = Query(Account.self).order(by: \.balance, .descending)
      var cursor: String?
      var balances: [Double] = []
      for round in 0..<5 {
        let datastore = Datastore(backend: try SQLiteBackend(path: folder.file("store")))
        if round == 0 { try await store(datastore, 45) }
        let place = try cursor.map { try #require(QueryCursor(text: $0)) }
        let page = try await datastore.query(query).page(limit: 10, after: place).value
        balances += page.results.map(\.balance)
        cursor = try #require(page.cursor).text
        #expect(page.hasMore == (round < 4))
        try await datastore.close()
      }
      #expect(balances == (0..<45).reversed().map(Double.init))
    }
  }
#endif
