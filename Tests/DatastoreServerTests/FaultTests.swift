// SPDX-License-Identifier: Apache-2.0
#if Server && SQLite
  import DatastoreCloud
  import DatastoreModel
  import DatastoreSQLite
  import NIOCore
  import NIOPosix
  import Testing

  @testable import DatastoreServer

  /// Clients that break the rules get an error, and the server goes on.
  @Suite struct FaultTests {
    /// Sends bytes over a connection of its own, and closes it once the server has.
    private func send(_ bytes: [UInt8], to server: RunningServer) async throws {
      let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: server.address.host, port: server.address.port).get()
      try? await connection.writeAndFlush(ByteBuffer(bytes: bytes))
      try? await connection.close()
    }

    private func expectHealthy(_ server: RunningServer) async throws {
      let backend = try server.backend()
      let key = Key("Task", id: 1)
      _ = try await backend.commit([.upsert(Entity(key, ["n": 1]))])
      #expect(try await backend.lookup([key]).found.count == 1)
      try await backend.close()
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    @Test func `Garbage and truncated requests harm nobody else`() async throws {
      try await withServer { server in
        let garbage: [[UInt8]] = [
          [], [0], Array(repeating: 0xFF, count: 70_000),
          Array("GET / HTTP/1.1\r\nHost".utf8), Array("POST /reset HTTP/9.9\r\n\r\n".utf8),
          Array("POST /v1/projects/p:lookup HTTP/1.1\r\nContent-Length: 99\r\n\r\n{".utf8),
          Array(Self.preface.prefix(10)), Self.preface,
          Self.preface + Array(repeating: 0xAB, count: 10_000),
        ]
        for bytes in garbage { try await send(bytes, to: server) }
        for seed in 0..<50 as Range<UInt8> {
          let noise = (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* (Int(seed) + 3) >> 2) }
          try await send((seed % 2 == 0 ? Self.preface : []) + noise, to: server)
        }
        try await expectHealthy(server)
      }
    }

    @Test func `A gRPC request over the limit is refused with a sentence`() async throws {
      var configuration = DatastoreServer.Configuration()
      configuration.maxRequestBytes = 1 << 20
      try await withServer(configuration) { server in
        var client = server
        client.maxRequestBytes = 1 << 30
        let backend = try client.backend()
        let large = Entity(
          Key("Task", id: 1),
          ["text": .init(.bytes(Array(repeating: 7, count: 100 << 20)), isIndexed: false)])
        let error = await #expect(throws: DatastoreError.self) {
          try await backend.commit([.upsert(large)])
        }
        #expect(error?.message.contains("too large") == true, "\(String(describing: error))")
        try await expectHealthy(server)
        try await backend.close()
      }
    }

    @Test func `Many silent connections leave room for others`() async throws {
      try await withServer { server in
        var connections: [any Channel] = []
        for _ in 0..<300 {
          connections.append(
            try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
              .connect(host: server.address.host, port: server.address.port).get())
        }
        try await expectHealthy(server)
        for connection in connections { try? await connection.close() }
      }
    }

    @Test func `A failure of the storage names no path`() async throws {
      let databases = OpenedDatabases { _ in
        throw DatastoreError(.unavailable, "The file /secret/place is locked.")
      }
      let log = LogLines()
      var configuration = DatastoreServer.Configuration()
      configuration.log = { log.add($0) }
      try await withServer(configuration, databases) { server in
        let response = try await server.http("/v1/projects/p:lookup", body: "{}")
        #expect(response.status == 503)
        #expect(!response.body.contains("secret"))
        #expect(log.lines.contains { $0.contains("/secret/place") })
      }
    }

    @Test func `A query over four megabytes comes in parts`() async throws {
      try await withServer { server in
        let backend = try server.backend()
        let block = Array(repeating: 1 as UInt8, count: 400_000)
        for id in 1...15 as ClosedRange<Int64> {
          _ = try await backend.commit([
            .upsert(Entity(Key("Block", id: id), ["b": .init(.bytes(block), isIndexed: false)]))
          ])
        }
        var request = QueryRequest(kind: "Block")
        var found = 0
        var parts = 0
        while true {
          let reply = try await backend.query(request)
          found += reply.items.count
          parts += 1
          guard reply.more == .notFinished else { break }
          request.startCursor = reply.endCursor
        }
        #expect(found == 15)
        #expect(parts > 1)
        let keys = (1...15).map { Key("Block", id: $0) }
        let reply = try await backend.lookup(keys)
        #expect(!reply.found.isEmpty && !reply.deferred.isEmpty)
        #expect(reply.found.count + reply.deferred.count == 15)
        try await backend.close()
      }
    }
  }
#endif
