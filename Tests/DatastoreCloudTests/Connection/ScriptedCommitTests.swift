// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import Arrival
  import ArrivalDatastore
  import GRPCCore
  import GRPCProtobuf
  import SwiftProtobuf
  import Synchronization
  import Testing

  import DatastoreProtos
  @testable import DatastoreCloud

  /// Commits on a server that fails as a test says, and counts what it has written.
  @Suite struct ScriptedCommitTests {
    /// A way in which a server says that a message is too large.
    struct Refusal: Sendable, CustomStringConvertible {
      var code: RPCError.Code
      var message: String
      var description: String { "\(code): \(message)" }
      var error: RPCError { RPCError(code: code, message: message) }
    }

    static let tooLarge = [
      Refusal(
        code: .resourceExhausted, message: "gRPC message exceeds maximum size 4194304: 4300000"),
      Refusal(
        code: .resourceExhausted,
        message: "Received message larger than max (4300000 vs. 4194304)"),
      Refusal(
        code: .invalidArgument, message: "Request payload size exceeds the limit: 11534336 bytes."),
      Refusal(
        code: .invalidArgument, message: "Transaction too big. Decrease transaction size."),
      Refusal(
        code: .invalidArgument, message: "cannot write more than 500 entities in a single call"),
    ]

    /// How often each entity was written.
    final class Ledger: Sendable {
      private let written = Mutex<[Wire.Key: Int]>([:])
      private let lastID = Mutex<Int64>(0)

      var counts: [Int] { written.withLock { Array($0.values) } }

      func write(_ request: Wire.CommitRequest) -> Wire.CommitResponse {
        var reply = Wire.CommitResponse()
        for mutation in request.mutations {
          var key = mutation.insert.key
          if case .upsert(let entity) = mutation.operation { key = entity.key }
          var result = Google_Datastore_V1_MutationResult()
          if key.path.last?.idType == nil {
            let id = lastID.withLock { last in
              last += 1
              return last
            }
            key.path[key.path.count - 1].id = id
            result.key = key
          }
          written.withLock { $0[key, default: 0] += 1 }
          reply.mutationResults.append(result)
        }
        return reply
      }
    }

    private let ledger = Ledger()

    /// A server whose first commits fail with these errors, written or not.
    private func server(failing errors: [any Error]) async throws -> ScriptedServer {
      try await ScriptedServer(
        .init(commit: { [ledger] request, earlier in
          if earlier < errors.count { throw errors[earlier] }
          return ledger.write(request)
        }))
    }

    private let fresh = Entity(Key(incomplete: "A"), ["v": 1])
    private let whole = Entity(Key("A", name: "whole"), ["v": 1])

    @Test func `A request refused by a quota is retried, and its write happens once`()
      async throws
    {
      let refusal = GoogleRPCStatus(
        code: .resourceExhausted, message: "Quota exceeded",
        details: .retryInfo(delay: .milliseconds(200)))
      let server = try await server(failing: [refusal, refusal])
      #expect(try await server.backend().commit([.insert(fresh)]).keys == [Key("A", id: 1)])
      #expect(server.calls(.commit) == 3)
      #expect(ledger.counts == [1])
    }

    @Test
    func
      `An insert is not retried after UNAVAILABLE, and its error says that the outcome is unknown`()
      async throws
    {
      let failure = GoogleRPCStatus(
        code: .unavailable, message: "going away",
        details: .errorInfo(
          reason: "RESTART", domain: "datastore.example", metadata: ["where": "eu"]))
      let server = try await server(failing: [failure])
      let datastore = Datastore(backend: try server.backend(), configuration: .remote)
      let put = datastore.put(fresh)
      let error = try #require(await put.getException() as? DatastoreError)
      #expect(error.code == .unavailable)
      #expect(error.message.contains("The commit may or may not have been written"))
      let cause = try #require(error.cause as? CloudFailure)
      #expect(cause.status == "UNAVAILABLE" && cause.message == "going away" && cause.wasSent)
      #expect(cause.details.count == 1)
      #expect(cause.details.first?.contains("RESTART") == true)
      #expect(server.calls(.commit) == 1)
      try await datastore.close()
    }

    @Test func `An upsert is retried after UNAVAILABLE`() async throws {
      let server = try await server(failing: [RPCError(code: .unavailable, message: "away")])
      #expect(try await server.backend().commit([.upsert(whole)]).keys == [Key("A", name: "whole")])
      #expect(server.calls(.commit) == 2)
    }

    @Test
    func `An aborted commit is retried alone, but not inside a transaction`()
      async throws
    {
      let aborted = RPCError(code: .aborted, message: "too much contention")
      let server = try await server(failing: [aborted, aborted])
      let backend = try server.backend()
      _ = try await backend.commit([.insert(fresh)])
      #expect(server.calls(.commit) == 3)
      let other = try await self.server(failing: [aborted])
      let error = try await #require(throws: DatastoreError.self) {
        _ = try await other.backend().commit(
          [.insert(fresh)], in: .running(TransactionID(bytes: [1])))
      }
      #expect(error.code == .aborted)
      #expect(other.calls(.commit) == 1)
    }

    @Test(arguments: tooLarge)
    func `A batch of puts that is too large is halved, and an oversized put fails alone`(
      _ refusal: Refusal
    ) async throws {
      let server = try await ScriptedServer(
        .init(commit: { [ledger] request, _ in
          let hasGiant = request.mutations.contains { $0.upsert.key.path[0].name == "giant" }
          if hasGiant || request.mutations.count > 3 { throw refusal.error }
          return ledger.write(request)
        }))
      let datastore = Datastore(backend: try server.backend(), configuration: .remote)
      let entities = (0..<20).map { Entity(Key("A", name: $0 == 11 ? "giant" : "\($0)"), ["v": 1]) }
      for (index, put) in entities.map({ datastore.put($0) }).enumerated() {
        let error = await put.getException() as? DatastoreError
        #expect(error?.code == (index == 11 ? .tooLarge : nil))
      }
      #expect(ledger.counts == Array(repeating: 1, count: 19))
      try await datastore.close()
    }

    // grpc-swift's server takes 4 MiB, and says no more than CANCELLED.
    @Test
    func `A commit larger than the server's message limit is halved until it fits`()
      async throws
    {
      let server = try await server(failing: [])
      let datastore = Datastore(
        backend: try server.backend {
          $0.maxRequestBytes = 16 * 1_024 * 1_024
          $0.deadline = .seconds(60)
        })
      let large = Value.bytes([UInt8](repeating: 7, count: 1_000_000))
      let puts = (1...7).map {
        datastore.put(Entity(Key("A", id: $0), ["large": .unindexed(large)]))
      }
      for put in puts { _ = try await put.value }
      #expect(ledger.counts == Array(repeating: 1, count: 7))
      try await datastore.close()
    }

    @Test(arguments: [
      (FaultyProxy.Fault.resetBeforeRequest, 0), (.resetDuringRequest, 0), (.resetBeforeReply, 1),
    ])
    func
      `An insert whose connection is reset is written at most once`(
        _ fault: FaultyProxy.Fault, _ count: Int
      ) async throws
    {
      let server = try await server(failing: [])
      let proxy = try FaultyProxy(to: server.endpoint)
      let datastore = Datastore(
        backend: try server.backend(at: proxy.endpoint), configuration: .remote)
      // The connection is there.
      _ = try await datastore.put(whole).value
      proxy.set(fault)
      let put = datastore.put(fresh)
      let error = try #require(await put.getException() as? DatastoreError)
      #expect(error.code == .unavailable)
      #expect(error.message.contains("The commit may or may not have been written"))
      #expect((error.cause as? CloudFailure)?.wasSent == true)
      #expect(server.calls(.commit) == 1 + count)
      _ = try await datastore.put(whole).value
      #expect(ledger.counts.sorted() == (count == 0 ? [2] : [1, 2]))
      try await datastore.close()
    }

    @Test(arguments: [
      (FaultyProxy.Fault.resetBeforeRequest, 1), (.resetDuringRequest, 1), (.resetBeforeReply, 2),
    ])
    func `An upsert whose connection is reset is written`(
      _ fault: FaultyProxy.Fault, _ count: Int
    ) async throws {
      let server = try await server(failing: [])
      let proxy = try FaultyProxy(to: server.endpoint)
      let backend = try server.backend(at: proxy.endpoint)
      _ = try await backend.commit([.insert(fresh)])
      proxy.set(fault)
      _ = try await backend.commit([.upsert(whole)])
      #expect(ledger.counts.sorted() == [1, count].sorted())
      #expect(proxy.connections >= 2)
    }
  }
#endif
