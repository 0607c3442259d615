// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import DatastoreSQLite
  import Testing

  private struct Account: DatastoreEntity {
    var key = Account.newKey()
    var name: String
    var balance: Int
  }

  private struct Overdrawn: Error {}

  /// The examples of the page on transactions, as programs write them.
  @Suite struct TransactionEndToEndTests {
    private let datastore: Datastore

    init() throws { datastore = Datastore(backend: try SQLiteBackend.inMemory()) }

    private func move(_ amount: Int, from a: Key, to b: Key) -> Future<Int> {
      datastore.transaction { tx in
        async let from = tx.get(a, as: Account.self).value
        async let to = tx.get(b, as: Account.self).value
        guard var from = try await from, var to = try await to, from.balance >= amount else {
          throw Overdrawn()
        }
        from.balance -= amount
        to.balance += amount
        tx.put(from)
        tx.put(to)
        return from.balance
      }
    }

    @Test func `A transfer moves money or nothing, and a read-only transaction sees it`()
      async throws
    {
      let a = try await datastore.put(Account(name: "Ann", balance: 15)).value
      let b = try await datastore.put(Account(name: "Bob", balance: 0)).value
      #expect(try await move(10, from: a, to: b).value == 5)
      #expect(await move(10, from: a, to: b).getException() is Overdrawn)
      let total = try await datastore.transaction(.readOnly()) { tx in
        try await tx.query(Query(Account.self)).fetch().value.reduce(0) { $0 + $1.balance }
      }.value
      #expect(total == 15)
      #expect(try await datastore.get(b, as: Account.self).value?.balance == 10)
    }

    @Test func `IDs are allocated and reserved, and a context saves lookups`() async throws {
      let orders = try await datastore.allocateIDs(for: Key(incomplete: "Order"), count: 20).value
      #expect(Set(orders).count == 20)
      try await datastore.reserveIDs(orders).value
      let ann = try await datastore.put(Account(name: "Ann", balance: 15)).value
      let before = datastore.statistics().lookups.count
      try await datastore.withContext(.init(keeps: { $0.kind == "Account" })) { () async throws in
        for _ in 0..<3 {
          #expect(try await datastore.get(ann, as: Account.self).value?.name == "Ann")
        }
        datastore.put(Account(key: ann, name: "Anna", balance: 15))
        #expect(try await datastore.get(ann, as: Account.self).value?.name == "Anna")
      }
      #expect(datastore.statistics().lookups.count - before == 1)
    }
  }
#endif
