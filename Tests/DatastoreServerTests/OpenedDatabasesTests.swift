// SPDX-License-Identifier: Apache-2.0
#if Server
  import Arrival
  import DatastoreInMemory
  import DatastoreModel
  import DatastoreServer
  import Synchronization
  import Testing

  /// Requests for databases that are being removed.
  @Suite struct OpenedDatabasesTests {
    private static let name = DatabaseName(project: "p", database: "")

    /// A provider that notes what is done in which order, and removes when it is told to.
    private final class Storage: Sendable {
      let steps = Mutex<[String]>([])
      let isRemoving = Promise<Void>()
      let mayRemove = Promise<Void>()

      func note(_ step: String) { steps.withLock { $0.append(step) } }

      var databases: OpenedDatabases {
        OpenedDatabases { [self] _ in
          note("open")
          return InMemoryBackend()
        } remove: { [self] in
          isRemoving.succeed(())
          try await mayRemove.future.value
          note("remove")
        }
      }
    }

    @Test func `A request that comes during a reset opens its database after it`() async throws {
      let storage = Storage()
      let databases = storage.databases
      _ = try await databases.backend(of: Self.name)
      let reset = Task { try await databases.reset() }
      try await storage.isRemoving.future.value
      let requests = (0..<10).map { _ in Task { try await databases.backend(of: Self.name) } }
      let other = Task { try await databases.reset() }
      storage.mayRemove.succeed(())
      try await reset.value
      try await other.value
      for request in requests { _ = try await request.value }
      let steps = storage.steps.withLock { $0 }
      #expect(steps.prefix(2) == ["open", "remove"])
      #expect(steps.last == "open")
    }

    @Test func `A reset that fails does not hold up the next request`() async throws {
      struct Refused: Error {}
      let databases = OpenedDatabases { _ in
        InMemoryBackend()
      } remove: {
        throw Refused()
      }
      await #expect(throws: Refused.self) { try await databases.reset() }
      _ = try await databases.backend(of: Self.name)
      await #expect(throws: Refused.self) { try await databases.reset() }
    }
  }
#endif
