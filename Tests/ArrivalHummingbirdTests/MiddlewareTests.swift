// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  import Arrival
  import ArrivalDatastore
  import ArrivalHummingbird
  import ArrivalTesting
  import DatastoreInMemory
  import Hummingbird
  import HummingbirdTesting
  import InMemoryLogging
  import Logging
  import Testing

  @Suite struct MiddlewareTests {
    private let backend = SimulatedBackend()
    private let datastore: Datastore
    private let router = Router()

    init() {
      datastore = Datastore(backend: backend)
      router.add(middleware: ArrivalMiddleware(datastore: datastore))
    }

    @Test func `Handlers run on the executor of tasklets`() async throws {
      router.get("where") { _, _ in TaskletExecutor.current.name }
      #expect(try await router.response("/where").text == "shared")
    }

    @Test func `A request reads each entity once`() async throws {
      let key = Key("Account", id: 1)
      _ = try await datastore.put(Entity(key, ["n": 1])).value
      let datastore = datastore
      router.get("twice") { _, _ in
        _ = try await datastore.get(key).value
        _ = try await datastore.get(key).value
        return "done"
      }
      #expect(try await router.response("/twice").text == "done")
      #expect(backend.calls.filter { $0.method == .lookup }.count == 1)
    }

    @Test func `The debug route shows what is pending`() async throws {
      router.addArrivalDebugRoute(datastore: datastore)
      let gate = Promise<Int>()
      let slow = Future("slow page") { try await gate.future.value }
      let text = try await router.response("/debug/arrival").text
      #expect(text.contains("slow page"))
      #expect(text.contains("lookups") || text.contains("no requests"))
      gate.succeed(1)
      _ = try await slow.value
    }
  }

  @Suite struct StartedWorkOfRequestsTests {
    private let records = Records()

    private func makeRouter(within limit: Duration) -> Router<BasicRequestContext> {
      let router = Router()
      router.add(middleware: ArrivalMiddleware(waitingForStartedWork: limit))
      return router
    }

    @Test func `A response waits for what the request has started`() async throws {
      let router = makeRouter(within: .seconds(60))
      let gate = Promise<Void>()
      let ended = Promise<Void>()
      router.get("page") { _, _ in
        _ = Future("audit") {
          try await gate.future.value
          ended.succeed()
        }
        _ = Future("opener") { gate.succeed() }
        return "done"
      }
      #expect(try await router.response("/page", logger: records.logger).text == "done")
      #expect(ended.future.done())
      #expect(records.all.isEmpty)
    }

    @Test func `Work that does not end in time is logged, and the response is sent`() async throws {
      let router = makeRouter(within: .milliseconds(1))
      let gate = Promise<Void>()
      router.get("page") { _, _ in
        _ = Future("audit") { await gate.future.wait() }
        return "done"
      }
      let reply = try await router.response("/page", logger: records.logger)
      #expect(reply.status == .ok && reply.text == "done")
      let record = try #require(records.all.first)
      #expect(record.level == .warning && "\(record.message)".contains("\"audit\""))
      #expect(record.metadata["error.type"] == "UnfinishedWork")
      gate.succeed()
    }

    @Test func `A request that fails has its own status all the same`() async throws {
      let router = makeRouter(within: .milliseconds(1))
      let gate = Promise<Void>()
      router.get("page") { _, _ -> String in
        _ = Future("audit") { await gate.future.wait() }
        throw DatastoreError(.notFound, "nothing there")
      }
      #expect(try await router.response("/page").status == .notFound)
      gate.succeed()
    }
  }
#endif
