#if Cloud
  import Arrival
  import Datastore
  import DatastoreCloud
  import ServiceLifecycle
  import ServiceLifecycleTestKit
  import Testing

  @Suite(.enabled(if: !EmulatorKind.available.isEmpty, EmulatorKind.howToInstall))
  struct ShutdownTests {
    @Test("A graceful shutdown lets what was asked for end, and refuses what comes later")
    func graceful() async throws {
      let backend = try await Emulator.shared(.newest).backend()
      let datastore = Datastore(backend: backend, configuration: .cloud)
      let key = Key("Thing", name: "last")
      try await testGracefulShutdown { trigger in
        try await withThrowingTaskGroup(of: Void.self) { group in
          let put = datastore.put(Entity(key, ["v": 1]))
          group.addTask { try await DatastoreService(datastore).run() }
          trigger.triggerGracefulShutdown()
          try await group.waitForAll()
          #expect(try await put.value == key)
        }
      }
      let error = try await #require(throws: DatastoreError.self) {
        _ = try await datastore.get(key).value
      }
      #expect(error.code == .failedPrecondition)
    }
  }
#endif
