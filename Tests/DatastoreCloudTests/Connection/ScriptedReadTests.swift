// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import ArrivalDatastore
  import Foundation
  import GRPCCore
  import GRPCProtobuf
  import SwiftProtobuf
  import Synchronization
  import Testing

  import DatastoreProtos
  @testable import DatastoreCloud

  /// Reads from a server that answers as the service may, and as no emulator does.
  @Suite struct ScriptedReadTests {
    private static let format = WireFormat(project: "demo", database: "")

    private static func result(_ key: Wire.Key) -> Google_Datastore_V1_EntityResult {
      .with {
        $0.entity.key = key
        $0.entity.properties["v"] = format.encode(.integer(1))
      }
    }

    /// Answers so many keys, in any order: even IDs are found, odd ones missing.
    private static func answer(
      _ request: Wire.LookupRequest, atMost count: Int
    ) -> Wire.LookupResponse {
      var reply = Wire.LookupResponse()
      let keys = request.keys.shuffled()
      for key in keys.prefix(count) {
        if key.path[0].id.isMultiple(of: 2) {
          reply.found.append(result(key))
        } else {
          reply.missing.append(result(key))
        }
      }
      reply.deferred = Array(keys.dropFirst(count))
      return reply
    }

    private func keys(_ count: Int64) -> [Key] { (1...count).map { Key("A", id: $0) } }

    private func expectAll(_ gets: [Future<Entity?>], of keys: [Key]) async throws {
      for (key, get) in zip(keys, gets) {
        let isThere = key.id?.isMultiple(of: 2) == true
        #expect(try await get.value == (isThere ? Entity(key, ["v": 1]) : nil))
      }
    }

    @Test
    func
      `Of a thousand keys three hundred are answered at a time, in any order, and each get ends`()
      async throws
    {
      let server = try await ScriptedServer(
        .init(lookup: { request, _ in Self.answer(request, atMost: 300) }))
      let backend = try server.backend()
      let keys = keys(1_000)
      let first = try await backend.lookup(keys)
      #expect(first.deferred.count == 700)
      #expect(server.calls(.lookup) == 1)
      let datastore = Datastore(backend: backend, configuration: .remote)
      try await expectAll(keys.map { datastore.get($0) }, of: keys)
      #expect(server.calls(.lookup) >= 5)
      try await datastore.close()
    }

    @Test func `A key that the reply omits fails alone`() async throws {
      let server = try await ScriptedServer(
        .init(lookup: { request, _ in
          var reply = Self.answer(request, atMost: .max)
          reply.missing.removeAll { $0.entity.key.path[0].id == 7 }
          return reply
        }))
      let datastore = Datastore(backend: try server.backend(), configuration: .remote)
      let keys = keys(20)
      var gets = keys.map { datastore.get($0) }
      let omitted = gets.remove(at: 6)
      let error = try #require(await omitted.getException() as? DatastoreError)
      #expect(error.code == .internal)
      #expect(error.key == keys[6])
      try await expectAll(gets, of: keys.filter { $0.id != 7 })
      try await datastore.close()
    }

    @Test func `Calls that are tried again are logged once, until one succeeds`() async throws {
      let server = try await ScriptedServer(
        .init(lookup: { request, earlier in
          if [0, 1, 3].contains(earlier) { throw RPCError(code: .unavailable, message: "busy") }
          return Self.answer(request, atMost: .max)
        }))
      let log = Lock<[String]>([])
      let backend = try server.backend(log: { line in log.withLock { $0.append(line) } })
      for lookups in [3, 5] {
        _ = try await backend.lookup(keys(1))
        #expect(server.calls(.lookup) == lookups)
        let last = log.withLock { $0.last }
        #expect(last?.hasPrefix("busy. The Lookup call is tried again for up to ") == true)
      }
      #expect(log.withLock { $0.count } == 2)
    }

    @Test func `A lookup whose keys are all deferred is repeated after growing waits`() async throws
    {
      let server = try await ScriptedServer(
        .init(lookup: { request, earlier in
          Self.answer(request, atMost: earlier < 3 ? 0 : .max)
        }))
      let reply = try await server.backend().lookup(keys(10))
      #expect(reply.found.count == 5)
      #expect(reply.deferred.isEmpty)
      #expect(server.calls(.lookup) == 4)
    }

    @Test func `Gets fail with an explanation if the server defers their keys until the deadline`()
      async throws
    {
      let server = try await ScriptedServer(
        .init(lookup: { request, _ in Self.answer(request, atMost: 0) }))
      let backend = try server.backend { $0.deadline = .seconds(10) }
      let datastore = Datastore(backend: backend, configuration: .remote)
      for get in keys(10).map({ datastore.get($0) }) {
        let error = try #require(await get.getException() as? DatastoreError)
        #expect(error.code == .unavailable)
        #expect(error.message.contains("deferred all"))
        #expect(error.message.contains("until its deadline"))
        #expect(error.message.contains("Try again later"))
      }
      // Each wait is twice the one before, from 0.05 s on.
      let before = server.calls(.lookup)
      await #expect(throws: DatastoreError.self) { _ = try await backend.lookup(keys(10)) }
      #expect((3...10).contains(server.calls(.lookup) - before))
      try await datastore.close()
    }

    @Test func `Reads are retried after UNAVAILABLE, RESOURCE_EXHAUSTED, INTERNAL and ABORTED`()
      async throws
    {
      let codes: [RPCError.Code] = [.unavailable, .resourceExhausted, .internalError, .aborted]
      let server = try await ScriptedServer(
        .init(lookup: { request, earlier in
          if earlier < codes.count { throw RPCError(code: codes[earlier], message: "busy") }
          return Self.answer(request, atMost: .max)
        }))
      #expect(try await server.backend().lookup(keys(4)).found.count == 2)
      #expect(server.calls(.lookup) == 5)
    }

    /// When calls came to a server.
    private final class Times: Sendable {
      private let times = Mutex<[ContinuousClock.Instant]>([])

      func add() { times.withLock { $0.append(.now) } }

      /// From each call to the next.
      var waits: [Duration] {
        times.withLock { times in zip(times, times.dropFirst()).map { $0.duration(to: $1) } }
      }
    }

    @Test(arguments: [RPCError.Code.unavailable, .resourceExhausted])
    func `A read is retried no earlier than the server asked for`(_ code: RPCError.Code)
      async throws
    {
      let times = Times()
      let busy = GoogleRPCStatus(
        code: code, message: "busy", details: .retryInfo(delay: .milliseconds(300)))
      let server = try await ScriptedServer(
        .init(lookup: { request, earlier in
          times.add()
          if earlier < 2 { throw busy }
          return Self.answer(request, atMost: .max)
        }))
      #expect(try await server.backend().lookup(keys(4)).found.count == 2)
      #expect(times.waits.count == 2)
      #expect(times.waits.allSatisfy { $0 >= .milliseconds(300) })
    }

    @Test func `A call fails at once if the server asks for a wait beyond the deadline`()
      async throws
    {
      let server = try await ScriptedServer(
        .init(lookup: { request, earlier in
          if earlier > 0 { return Self.answer(request, atMost: .max) }
          throw GoogleRPCStatus(
            code: .unavailable, message: "busy", details: .retryInfo(delay: .seconds(3_600)))
        }))
      let error = try await #require(throws: DatastoreError.self) {
        _ = try await server.backend().lookup(keys(4))
      }
      #expect(error.code == .unavailable)
      #expect(
        error.message.contains(
          "The server asked for a wait of 3600.0 seconds before the next attempt."))
      #expect(server.calls(.lookup) == 1)
    }

    @Test(arguments: ScriptedCommitTests.tooLarge)
    func `A lookup that the server refuses as too large is halved until it fits`(
      _ refusal: ScriptedCommitTests.Refusal
    ) async throws {
      let server = try await ScriptedServer(
        .init(lookup: { request, _ in
          if request.keys.count > 10 { throw refusal.error }
          return Self.answer(request, atMost: .max)
        }))
      let datastore = Datastore(backend: try server.backend(), configuration: .remote)
      let keys = keys(100)
      try await expectAll(keys.map { datastore.get($0) }, of: keys)
      try await datastore.close()
    }

    /// Ninety-five entities, twenty at a time, results or results passed over.
    private static func batch(_ request: Wire.RunQueryRequest) -> Wire.RunQueryResponse {
      let (total, length) = (95, 20)
      let query = request.query
      var place = Int(String(decoding: query.startCursor, as: UTF8.self)) ?? 0
      var batch = Wire.QueryBatch()
      let skipped = min(Int(query.offset), length)
      batch.skippedResults = Int32(skipped)
      place += skipped
      batch.moreResults = .notFinished
      if skipped == Int(query.offset) {
        let limit = query.hasLimit ? Int(query.limit.value) : .max
        let count = min(length - skipped, limit, total - place)
        batch.entityResults = (place..<place + count).map { place in
          result(format.encode(Key("A", id: Int64(place + 1))))
        }
        place += count
        if count == limit { batch.moreResults = .moreResultsAfterLimit }
        if place == total { batch.moreResults = .noMoreResults }
      }
      batch.endCursor = Data("\(place)".utf8)
      return .with { $0.batch = batch }
    }

    @Test
    func
      `A query whose results come in short batches goes on to its end, limit and offset included`()
      async throws
    {
      let server = try await ScriptedServer(.init(query: { request, _ in Self.batch(request) }))
      let datastore = Datastore(backend: try server.backend(), configuration: .remote)
      let query = Query<Entity>(kind: "A")
      let all = try await datastore.query(query).fetch().value
      #expect(all.compactMap { $0.key?.id } == Array(1...95))
      #expect(server.calls(.runQuery) == 5)
      let some = try await datastore.query(query.offset(30).limit(50)).fetch().value
      #expect(some.compactMap { $0.key?.id } == Array(31...80))
      // Twenty and ten passed over, then ten, twenty and twenty.
      #expect(server.calls(.runQuery) == 9)
      try await datastore.close()
    }

    private static func bytes(_ count: Int) -> Wire.Value {
      .with {
        $0.blobValue = Data(count: count)
        $0.excludeFromIndexes = true
      }
    }

    /// A server whose every entity has so many bytes.
    private func server(entitiesOf size: Int) async throws -> ScriptedServer {
      let value = Self.bytes(size)
      let total = 60
      return try await ScriptedServer(
        .init(
          lookup: { request, _ in
            .with {
              $0.found = request.keys.map { key in
                .with {
                  $0.entity.key = key
                  $0.entity.properties["large"] = value
                }
              }
            }
          },
          query: { request, _ in
            let first = Int(String(decoding: request.query.startCursor, as: UTF8.self)) ?? 0
            let limit = request.query.hasLimit ? Int(request.query.limit.value) : .max
            let count = min(limit, total - first)
            return .with { reply in
              reply.batch.entityResults = (first..<first + count).map { place in
                .with {
                  $0.entity.key = Self.format.encode(Key("A", id: Int64(place + 1)))
                  $0.entity.properties["large"] = value
                }
              }
              reply.batch.endCursor = Data("\(first + count)".utf8)
              reply.batch.moreResults = count == limit ? .moreResultsAfterLimit : .noMoreResults
            }
          }))
    }

    @Test func `A reply above gRPC's default limit of 4 MiB is accepted`() async throws {
      let server = try await server(entitiesOf: 1_000_000)
      let reply = try await server.backend().lookup(keys(5))
      #expect(reply.found.map(\.key) == keys(5))
      #expect(reply.found.allSatisfy { $0["large"]?.bytesValue?.count == 1_000_000 })
      #expect(server.calls(.lookup) == 1)
    }

    @Test func `A lookup whose reply would be too large is halved`() async throws {
      let server = try await server(entitiesOf: 10_000)
      let backend = try server.backend { $0.maxReplyBytes = 250_000 }
      let reply = try await backend.lookup(keys(40))
      #expect(reply.found.count == 20 && reply.deferred == Array(keys(40)[20...]))
      #expect(server.calls(.lookup) == 2)
    }

    @Test func `A query whose page is too large asks for less and misses nothing`()
      async throws
    {
      let server = try await server(entitiesOf: 10_000)
      let backend = try server.backend { $0.maxReplyBytes = 250_000 }
      let datastore = Datastore(backend: backend, configuration: .remote)
      let query = Query<Entity>(kind: "A")
      let all = try await datastore.query(query).fetch().value
      #expect(all.compactMap { $0.key?.id } == Array(1...60))
      let some = try await datastore.query(query.limit(50)).fetch().value
      #expect(some.compactMap { $0.key?.id } == Array(1...50))
      try await datastore.close()
    }

    // Firestore does so where it reads much and finds little.
    @Test func `An empty query batch with a new cursor is followed to the end`() async throws {
      let server = try await ScriptedServer(
        .init(query: { _, earlier in
          .with {
            $0.batch.endCursor = Data("\(earlier)".utf8)
            $0.batch.moreResults = earlier < 3 ? .notFinished : .noMoreResults
            if earlier == 3 {
              $0.batch.entityResults = [Self.result(Self.format.encode(Key("A", id: 4)))]
            }
          }
        }))
      let datastore = Datastore(backend: try server.backend(), configuration: .remote)
      let all = try await datastore.query(Query<Entity>(kind: "A")).fetch().value
      #expect(all.compactMap { $0.key?.id } == [4])
      #expect(server.calls(.runQuery) == 4)
      try await datastore.close()
    }

    // The classic emulator does so where the offset is beyond the end.
    @Test
    func
      `A server that says to the last that there may be more after the limit is not asked again`()
      async throws
    {
      let server = try await ScriptedServer(
        .init(query: { request, _ in
          .with {
            $0.batch.skippedResults = min(4, request.query.offset)
            $0.batch.endCursor = Data("end".utf8)
            $0.batch.moreResults = .moreResultsAfterLimit
          }
        }))
      let datastore = Datastore(backend: try server.backend(), configuration: .remote)
      let query = Query<Entity>(kind: "A").offset(9)
      #expect(try await datastore.query(query).first().value == nil)
      #expect(try await datastore.query(query.limit(5)).fetch().value.isEmpty)
      for try await entity in datastore.query(query) { Issue.record("found \(entity)") }
      #expect(server.calls(.runQuery) == 3)
      try await datastore.close()
    }

    @Test
    func `The reply names the transaction that a lookup with deferred keys began`()
      async throws
    {
      let server = try await ScriptedServer(
        .init(lookup: { request, earlier in
          if earlier == 1 {
            throw RPCError(code: .invalidArgument, message: "The request is too large.")
          }
          var reply = Self.answer(request, atMost: earlier == 0 ? 0 : .max)
          if earlier == 0 { reply.transaction = Data("begun".utf8) }
          if earlier > 0 { #expect(request.readOptions.transaction == Data("begun".utf8)) }
          return reply
        }))
      let backend = try server.backend { $0.beginsTransactionsWithReads = true }
      let reply = try await backend.lookup(keys(10), in: .begin(.readWrite()))
      #expect(reply.transaction == TransactionID(bytes: Array("begun".utf8)))
      #expect(reply.found.count + reply.deferred.count >= 5)
      #expect(server.calls(.lookup) == 3)
    }

    @Test func `An unfinished query batch without progress is an error, not an endless loop`()
      async throws
    {
      let server = try await ScriptedServer(
        .init(query: { _, _ in .with { $0.batch.moreResults = .notFinished } }))
      let datastore = Datastore(backend: try server.backend(), configuration: .remote)
      let error = try await #require(throws: DatastoreError.self) {
        _ = try await datastore.query(Query<Entity>(kind: "A")).fetch().value
      }
      #expect(error.code == .internal)
      #expect(error.message.contains("has not finished and has made no progress"))
      try await datastore.close()
    }
  }
#endif
