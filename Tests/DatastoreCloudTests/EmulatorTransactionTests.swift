// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import ArrivalDatastore
  import DatastoreCloud
  import Testing

  /// Transactions and IDs on Google's own servers, call by call.
  @Suite(.enabled(if: !EmulatorKind.available.isEmpty, EmulatorKind.howToInstall))
  struct EmulatorTransactionTests {
    private let namespace = "transactions-\(UInt64.random(in: 0...(.max)))"

    private func key(_ name: String) -> Key { Key("Thing", name: name, namespace: namespace) }

    private func entity(_ name: String, _ value: Int64) -> Entity {
      Entity(key(name), ["v": .indexed(.integer(value))])
    }

    @Test(arguments: EmulatorKind.available)
    func `A commit fails if an entity changed after the transaction read it`(_ kind: EmulatorKind)
      async throws
    {
      let backend = try await Emulator.shared(kind).backend()
      _ = try await backend.commit([.upsert(entity("a", 1))])
      let read = try await backend.lookup([key("a")], in: .begin(.readWrite()))
      let transaction = try #require(read.transaction)
      #expect(read.found == [entity("a", 1)])
      _ = try await backend.commit([.update(entity("a", 2))], in: .running(transaction))
      #expect(try await backend.lookup([key("a")]).found == [entity("a", 2)])
      await #expect(throws: DatastoreError.self) {
        _ = try await backend.commit([.update(entity("a", 3))], in: .running(transaction))
      }
      try await backend.close()
    }

    @Test(arguments: EmulatorKind.available)
    func
      `Of two transactions that read and write one entity, one is aborted, and can be tried again`(
        _ kind: EmulatorKind
      ) async throws
    {
      let backend = try await Emulator.shared(kind).backend()
      _ = try await backend.commit([.upsert(entity("a", 0))])
      let first = try await backend.beginTransaction(.readWrite())
      let second = try await backend.beginTransaction(.readWrite())
      _ = try await backend.lookup([key("a")], in: .running(first))
      _ = try await backend.lookup([key("a")], in: .running(second))
      @Sendable func commit(_ transaction: TransactionID) async -> DatastoreError.Code? {
        do {
          _ = try await backend.commit([.upsert(entity("a", 1))], in: .running(transaction))
          return nil
        } catch {
          return (error as? DatastoreError)?.code
        }
      }
      // The Firestore emulator locks: the one waits for the other to end or give up.
      async let one = commit(first)
      async let other = commit(second)
      let codes = await [one, other]
      #expect(codes.contains(.aborted))
      #expect(codes.filter { $0 == nil }.count <= 1)
      let again = try await backend.beginTransaction(.readWrite(retrying: second))
      _ = try await backend.lookup([key("a")], in: .running(again))
      _ = try await backend.commit([.upsert(entity("a", 2))], in: .running(again))
      #expect(try await backend.lookup([key("a")]).found == [entity("a", 2)])
      try await backend.close()
    }

    @Test(arguments: EmulatorKind.available)
    func `A rolled back transaction writes nothing and is over`(_ kind: EmulatorKind)
      async throws
    {
      let backend = try await Emulator.shared(kind).backend()
      let transaction = try await backend.beginTransaction(.readWrite())
      #expect(try await backend.lookup([key("a")], in: .running(transaction)).found.isEmpty)
      try await backend.rollback(transaction)
      await #expect(throws: DatastoreError.self) {
        _ = try await backend.commit([.upsert(entity("a", 1))], in: .running(transaction))
      }
      #expect(try await backend.lookup([key("a")]).found.isEmpty)
      try await backend.close()
    }

    @Test(arguments: EmulatorKind.available)
    func `A read-only transaction sees one snapshot, also in queries`(_ kind: EmulatorKind)
      async throws
    {
      let backend = try await Emulator.shared(kind).backend()
      let parent = key("parent")
      let child = Key("Thing", name: "child", parent: parent)
      _ = try await backend.commit([.upsert(Entity(child, ["v": 1]))])
      let read = try await backend.lookup([child], in: .begin(.readOnly()))
      let transaction = try #require(read.transaction)
      var request = QueryRequest(kind: "Thing", namespace: namespace)
      request.filter = .ancestor(parent)
      let found = try await backend.query(request, in: .running(transaction))
      #expect(found.items.map(\.entity) == [Entity(child, ["v": 1])])
      try await backend.rollback(transaction)
      await #expect(throws: DatastoreError.self) {
        _ = try await backend.commit([], in: .begin(.readOnly()))
      }
      try await backend.close()
    }

    @Test(arguments: EmulatorKind.available)
    func `IDs are allocated once each, and can be reserved`(_ kind: EmulatorKind) async throws {
      let backend = try await Emulator.shared(kind).backend()
      let fresh = Key(incomplete: "Thing", parent: key("parent"))
      let keys = try await backend.allocateIDs(for: Array(repeating: fresh, count: 100))
      #expect(Set(keys).count == 100)
      #expect(keys.allSatisfy { $0.parent == key("parent") && $0.id != nil })
      try await backend.reserveIDs(keys + [key("named")])
      for keys in [[key("named")], Array(repeating: fresh, count: 501)] {
        let error = try await #require(throws: DatastoreError.self) {
          try await backend.allocateIDs(for: keys)
        }
        #expect(error.code == .invalidArgument)
      }
      let error = try await #require(throws: DatastoreError.self) {
        try await backend.reserveIDs([fresh])
      }
      #expect(error.code == .invalidArgument)
      try await backend.close()
    }
  }
#endif
