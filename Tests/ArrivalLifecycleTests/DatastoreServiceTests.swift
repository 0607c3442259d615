// SPDX-License-Identifier: Apache-2.0
#if Lifecycle && SQLite
  import Arrival
  import ArrivalLifecycle
  import ArrivalDatastore
  import ArrivalTesting
  import DatastoreInMemory
  import DatastoreSQLite
  import ServiceLifecycle
  import ServiceLifecycleTestKit
  import Testing

  @Suite struct DatastoreServiceTests {
    private let datastore: Datastore
    private let key = Key("Thing", name: "last")

    init() throws { datastore = Datastore(backend: try SQLiteBackend.inMemory()) }

    /// A closed datastore refuses requests.
    private func expectClosed() async throws {
      let error = try await #require(throws: DatastoreError.self) {
        _ = try await datastore.get(key).value
      }
      #expect(error.code == .failedPrecondition)
    }

    @Test func `A graceful shutdown completes earlier requests and refuses later ones`()
      async throws
    {
      try await testGracefulShutdown { trigger in
        try await withThrowingTaskGroup(of: Void.self) { group in
          let put = datastore.put(Entity(key, ["v": 1]))
          group.addTask { try await DatastoreService(datastore).run() }
          trigger.triggerGracefulShutdown()
          try await group.waitForAll()
          #expect(try await put.value == key)
        }
      }
      try await expectClosed()
    }

    @Test func `A cancelled service closes its datastore as well`() async throws {
      let put = datastore.put(Entity(key, ["v": 1]))
      let service = Task { try await DatastoreService(datastore).run() }
      service.cancel()
      try await service.value
      #expect(try await put.value == key)
      try await expectClosed()
    }

    @Test(.arrival) func `A close that takes too long fails when the limit has passed`()
      async throws
    {
      let time = try #require(ManualTime.current)
      let slow = Datastore(backend: SimulatedBackend(latency: .seconds(60)))
      let put = slow.put(Entity(key, ["v": 1]))
      let service = Task { try await DatastoreService(slow, within: .seconds(10)).run() }
      service.cancel()
      await #expect(throws: TimeoutError.self) { try await service.value }
      #expect(time.now == .seconds(10))
      // The close goes on, and the request completes.
      #expect(try await put.value == key)
    }

    @Test(.arrival) func `A close in time throws nothing`() async throws {
      let time = try #require(ManualTime.current)
      let slow = Datastore(backend: SimulatedBackend(latency: .seconds(6)))
      let put = slow.put(Entity(key, ["v": 1]))
      let service = Task { try await DatastoreService(slow, within: .seconds(10)).run() }
      service.cancel()
      try await service.value
      #expect(put.done() && time.now == .seconds(6))
    }
  }
#endif
