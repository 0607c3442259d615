// SPDX-License-Identifier: Apache-2.0
#if NIO
  import DatastoreEngine
  import DatastoreInMemory
  import DatastoreModel
  import Foundation
  import Testing

  @testable import DatastoreMemcached

  /// A shared cache in a real memcached, which crashes, restarts and stops answering.
  @Suite(.enabled(if: MemcachedServer.isInstalled, Comment(rawValue: MemcachedServer.isMissing)))
  struct MemcachedCacheTests {
    private let time = Duration.seconds(60)
    private let key = Array("key".utf8)

    private func cache(
      of server: MemcachedServer, requestTime: Duration = .seconds(30)
    ) -> MemcachedCache {
      var configuration = MemcachedCache.Configuration(port: server.port)
      configuration.requestTime = requestTime
      configuration.reconnectPause = .zero
      return MemcachedCache(configuration)
    }

    private func failure(_ call: () async throws -> Void) async -> DatastoreError? {
      do {
        try await call()
        return nil
      } catch {
        return error as? DatastoreError
      }
    }

    @Test func `Values are added once, replaced by their tokens, and removed`() async throws {
      let server = try await MemcachedServer()
      let cache = cache(of: server)
      #expect(try await cache.get([key]).isEmpty)
      #expect(try await cache.add([key: [1, 13, 10, 0]], expiresIn: time) == [key])
      #expect(try await cache.add([key: [2]], expiresIn: time).isEmpty)
      let entry = try #require(try await cache.get([key])[key])
      #expect(entry.value == [1, 13, 10, 0])
      let new = CacheEntry(value: [], token: entry.token)
      #expect(try await cache.replace([key: new], expiresIn: time) == [key])
      #expect(try await cache.replace([key: new], expiresIn: time).isEmpty)
      #expect(try await cache.get([key])[key]?.value == [])
      try await cache.remove([key, [0]])
      #expect(try await cache.get([key]).isEmpty)
      #expect(try await cache.replace([key: new], expiresIn: time).isEmpty)
      await cache.close()
    }

    @Test func `A thousand keys of any length and bytes are kept apart`() async throws {
      let server = try await MemcachedServer()
      let cache = cache(of: server)
      var values: [[UInt8]: [UInt8]] = [:]
      for number in 0..<1_000 {
        let name = (0..<number % 300).map { UInt8(truncatingIfNeeded: $0 &* number) }
        values[name + [UInt8(number / 256), UInt8(number % 256)]] = Array("\(number)\r\nEND".utf8)
      }
      #expect(try await cache.add(values, expiresIn: time) == Set(values.keys))
      #expect(try await cache.get(Set(values.keys)).mapValues(\.value) == values)
      await cache.close()
    }

    @Test func `A value that the server refuses is not stored, and the next requests go on`()
      async throws
    {
      let server = try await MemcachedServer()
      let cache = cache(of: server)
      let large = [UInt8](repeating: 7, count: 2 << 20)
      #expect(try await cache.add([key: large, [1]: [1]], expiresIn: time) == [[1]])
      #expect(try await cache.get([key, [1]]).mapValues(\.value) == [[1]: [1]])
      let entry = try #require(try await cache.get([[1]])[[1]])
      let new = CacheEntry(value: large, token: entry.token)
      #expect(try await cache.replace([[1]: new], expiresIn: time).isEmpty)
      #expect(try await cache.get([[1]])[[1]]?.value == [1])
      await cache.close()
    }

    @Test func `A token from before a restart is not taken for one after it`() async throws {
      let server = try await MemcachedServer()
      let cache = cache(of: server)
      #expect(try await cache.add([key: [1]], expiresIn: time) == [key])
      let old = try #require(try await cache.get([key])[key])
      server.kill()
      #expect(await failure { _ = try await cache.get([key]) }?.code == .unavailable)
      try await server.start()
      #expect(try await cache.add([key: [2]], expiresIn: time) == [key])
      let new = try #require(try await cache.get([key])[key])
      // This is the danger: the server counts anew.
      #expect(new.token.state == old.token.state)
      let stale = CacheEntry(value: [0], token: old.token)
      #expect(try await cache.replace([key: stale], expiresIn: time).isEmpty)
      #expect(try await cache.get([key])[key]?.value == [2])
      await cache.close()
    }

    @Test func `Without a server each request fails, and says what to check`() async throws {
      let server = try await MemcachedServer()
      server.kill()
      let cache = cache(of: server)
      let calls: [@Sendable () async throws -> Void] = [
        { _ = try await cache.get([[1]]) },
        { _ = try await cache.add([[1]: [1]], expiresIn: .seconds(1)) },
        {
          let entry = CacheEntry(value: [1], token: .init(state: 1))
          _ = try await cache.replace([[1]: entry], expiresIn: .seconds(1))
        },
        { try await cache.remove([[1]]) },
      ]
      for call in calls {
        let failure = try #require(await failure(call))
        #expect(failure.code == .unavailable)
        #expect(failure.message.contains("127.0.0.1:\(server.port)"))
      }
      try await server.start()
      #expect(try await cache.add([key: [1]], expiresIn: time) == [key])
      await cache.close()
      #expect(await failure { _ = try await cache.get([key]) }?.code == .failedPrecondition)
    }

    @Test func `A server that stops answering costs lookups a moment, and commits are refused`()
      async throws
    {
      let server = try await MemcachedServer()
      let (cache, hasty) = (cache(of: server), cache(of: server, requestTime: .milliseconds(100)))
      let base = InMemoryBackend()
      let (backend, other) = (
        CachingBackend(base, cache: cache, database: "test"),
        CachingBackend(base, cache: hasty, database: "test")
      )
      let key = Key("K", name: "a")
      let entity = Entity(key, ["n": 1])
      _ = try await backend.commit([.upsert(entity)])
      server.pause()
      #expect(try await other.lookup([key]).found == [entity])
      let failure = await failure {
        _ = try await other.commit([.upsert(Entity(key, ["n": 2]))])
      }
      #expect(failure?.code == .unavailable)
      #expect(try await base.lookup([key]).found == [entity])
      server.resume()
      #expect(try await backend.lookup([key]).found == [entity])
      await hasty.close()
      await cache.close()
    }

    @Test func `A server without cas is refused`() async throws {
      let server = try await MemcachedServer(["-C"])
      let cache = cache(of: server)
      #expect(try await cache.add([key: [1]], expiresIn: time) == [key])
      let failure = try #require(await failure { _ = try await cache.get([key]) })
      #expect(failure.code == .failedPrecondition && failure.message.contains("-C"))
      await cache.close()
    }

    @Test func `A lock that was lost with the server leaves no old entity behind`() async throws {
      let server = try await MemcachedServer()
      let cache = cache(of: server)
      let other = self.cache(of: server)
      let base = InMemoryBackend()
      let key = Key("K", name: "a")
      let reader = CachingBackend(base, cache: other, database: "test")
      let restarting = RestartingBackend(base: base) {
        server.kill()
        try await server.start()
        // Keeps the state before the commit.
        _ = try? await reader.lookup([key])
        _ = try? await reader.lookup([key])
      }
      let writer = CachingBackend(restarting, cache: cache, database: "test")
      _ = try await writer.commit([.upsert(Entity(key, ["n": 1]))])
      #expect(try await reader.lookup([key]).found == [Entity(key, ["n": 1])])
      await cache.close()
      await other.close()
    }

    /// Does something before it commits.
    private struct RestartingBackend: DatastoreBackend {
      let base: InMemoryBackend
      let beforeCommit: @Sendable () async throws -> Void

      init(base: InMemoryBackend, _ beforeCommit: @escaping @Sendable () async throws -> Void) {
        self.base = base
        self.beforeCommit = beforeCommit
      }

      func commit(
        _ mutations: [Mutation], in transaction: TransactionSelector?
      ) async throws -> CommitReply {
        try await beforeCommit()
        return try await base.commit(mutations, in: transaction)
      }
      func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
        try await base.lookup(keys, options: options)
      }
      func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
        try await base.query(request, options: options)
      }
      func aggregate(
        _ request: AggregationRequest, options: ReadOptions
      ) async throws -> AggregationReply {
        try await base.aggregate(request, options: options)
      }
      func close() async throws { try await base.close() }
    }
  }
#endif
