// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreCloud
  import DatastoreEngine
  import DatastoreInMemory
  import DatastoreModel
  import DatastoreSQLite
  import NIOCore
  import NIOPosix
  import Synchronization
  import Testing

  @testable import DatastoreServer

  /// Clients that give up and resets, while transactions have locks.
  @Suite(.timeLimit(.minutes(5))) struct LockedServerTests {
    private static let lookup = #"{"keys": [{"path": [{"kind": "Task", "id": "1"}]}], "#
    private let key = Key("Task", id: 1)

    private func withLocks(
      _ body: (RunningServer, PessimisticBackend) async throws -> Void
    ) async throws {
      // Waits that are not cancelled outlast the test.
      var configuration = PessimisticBackend.Configuration()
      configuration.writeLimit = .seconds(3_600)
      configuration.transactionLimit = .seconds(3_600)
      let backend = PessimisticBackend(
        try SQLiteBackend.inMemory(), configuration: configuration)
      try await withServer(.init(), SingleStore(backend)) { try await body($0, backend) }
    }

    private func untilWaiting(_ count: Int, _ backend: PessimisticBackend) async throws {
      while backend.waitingCount != count {
        try Task.checkCancellation()
        await Task.yield()
      }
    }

    /// A transaction that has locked the key.
    private func holder(_ backend: PessimisticBackend) async throws -> TransactionID {
      let id = try await backend.beginTransaction(.readWrite())
      _ = try await backend.lookup([key], in: .running(id))
      return id
    }

    @Test func `A gRPC call that its client cancels takes no lock afterwards`() async throws {
      try await withLocks { server, backend in
        let holder = try await holder(backend)
        let client = try server.backend()
        let reading = Task { try await client.lookup([key], in: .begin(.readWrite())) }
        try await untilWaiting(1, backend)
        reading.cancel()
        _ = await reading.result
        try await untilWaiting(0, backend)
        try await backend.rollback(holder)
        #expect(backend.isIdle)
        try await client.close()
      }
    }

    @Test func `A gRPC call whose deadline passes takes no lock afterwards`() async throws {
      try await withLocks { server, backend in
        let holder = try await holder(backend)
        var configuration = CloudBackend.Configuration(
          project: "p",
          endpoint: Endpoint(
            host: server.address.host, port: server.address.port, isPlaintext: true))
        configuration.deadline = .milliseconds(300)
        let client = try CloudBackend(configuration)
        await #expect(throws: (any Error).self) {
          try await client.commit([.upsert(Entity(key))])
        }
        try await untilWaiting(0, backend)
        try await backend.rollback(holder)
        #expect(backend.isIdle)
        #expect(try await backend.lookup([key]).found.isEmpty)
        try await client.close()
      }
    }

    @Test func `A request over HTTP 1 whose connection is closed takes no lock afterwards`()
      async throws
    {
      try await withLocks { server, backend in
        let holder = try await holder(backend)
        let body = Self.lookup + #""readOptions": {"newTransaction": {"readWrite": {}}}}"#
        let request =
          "POST /v1/projects/p:lookup HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)"
          + "\r\n\r\n\(body)"
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
          .connect(host: server.address.host, port: server.address.port).get()
        try await connection.writeAndFlush(ByteBuffer(string: request))
        try await untilWaiting(1, backend)
        try await connection.close()
        try await untilWaiting(0, backend)
        try await backend.rollback(holder)
        #expect(backend.isIdle)
      }
    }

    @Test func `A reset removes what transactions have locked, and ends them`() async throws {
      try await withLocks { server, backend in
        _ = try await backend.commit([.upsert(Entity(key)), .upsert(Entity(Key("Other", id: 1)))])
        let begun = try await server.http(
          "/v1/projects/p:lookup",
          body: Self.lookup + #""readOptions": {"newTransaction": {"readWrite": {}}}}"#)
        let id = try #require(
          begun.body.split(separator: #""transaction":""#).dropFirst().first?.prefix {
            $0 != "\""
          })
        #expect(!backend.isIdle)
        let reset = try await server.http("/reset", type: nil)
        #expect(reset.status == 200, "\(reset.body)")
        #expect(try await backend.query(QueryRequest(kind: "Task")).items.isEmpty)
        #expect(backend.isIdle)
        let late = try await server.http(
          "/v1/projects/p:commit", body: #"{"transaction": "\#(id)"}"#)
        #expect(late.status == 400 && late.body.contains("reset"), "\(late.body)")
      }
    }

    @Test func `A call that waits for a lock ends with ABORTED at a reset of its database`()
      async throws
    {
      let backends = Backends()
      let databases = OpenedDatabases { _ in backends.make() }
      try await withServer(.init(), databases) { server in
        _ = try await server.http("/v1/projects/p:lookup", body: "{}")
        let backend = try #require(backends.all.first)
        _ = try await holder(backend)
        let waiting = Task {
          try await server.http(
            "/v1/projects/p:lookup",
            body: Self.lookup + #""readOptions": {"newTransaction": {"readWrite": {}}}}"#)
        }
        try await untilWaiting(1, backend)
        #expect(try await server.http("/reset", type: nil).status == 200)
        let ended = try await waiting.value
        #expect(ended.status == 409 && ended.body.contains("ABORTED"), "\(ended.body)")
      }
    }
  }

  /// The backends that a provider has opened.
  private final class Backends: Sendable {
    private let made = Mutex<[PessimisticBackend]>([])

    var all: [PessimisticBackend] { made.withLock { $0 } }

    func make() -> PessimisticBackend {
      let backend = PessimisticBackend(InMemoryBackend())
      made.withLock { $0.append(backend) }
      return backend
    }
  }
#endif
