// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  import Arrival
  import ArrivalDatastore
  import ArrivalHummingbird
  import DatastoreInMemory
  import Hummingbird
  import HummingbirdTesting
  import Synchronization
  import Testing

  @Suite struct MiddlewareTests {
    private let backend = SimulatedBackend()
    private let datastore: Datastore
    private let router = Router()

    init() {
      datastore = Datastore(backend: backend)
      router.add(middleware: ArrivalMiddleware(datastore: datastore))
    }

    private func get(_ uri: String) async throws -> (status: HTTPResponse.Status, body: String) {
      let response = try await Application(router: router).test(.router) { client in
        try await client.executeRequest(uri: uri, method: .get, headers: [:], body: nil)
      }
      return (response.status, String(buffer: response.body))
    }

    @Test(arguments: [
      (DatastoreError.Code.notFound, 404), (.alreadyExists, 409), (.aborted, 409),
      (.invalidArgument, 400), (.permissionDenied, 403), (.resourceExhausted, 429),
      (.unavailable, 503), (.deadlineExceeded, 504), (.internal, 500), (.tooLarge, 413),
      (.failedPrecondition, 503),
    ])
    func `An error of the datastore has its status`(
      _ code: DatastoreError.Code, _ status: Int
    ) async throws {
      router.get("fails") { _, _ -> String in
        throw DatastoreError(code, "the reason", cause: DatastoreError(.internal, "secret"))
      }
      let response = try await get("/fails")
      #expect(response.status.code == status)
      #expect(response.body.contains("the reason") == (status < 500))
      #expect(!response.body.contains("secret"))
    }

    @Test func `Another error is left as it is`() async throws {
      router.get("teapot") { _, _ -> String in throw HTTPError(.init(code: 418)) }
      #expect(try await get("/teapot").status.code == 418)
    }

    @Test func `Handlers run on the executor of tasklets`() async throws {
      router.get("where") { _, _ in TaskletExecutor.current.name }
      #expect(try await get("/where").body == "shared")
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
      #expect(try await get("/twice").body == "done")
      #expect(backend.calls.filter { $0.method == .lookup }.count == 1)
    }

    @Test func `Each request has its own values`() async throws {
      let made = Mutex(0)
      let numbers = PerRequest {
        made.withLock {
          $0 += 1
          return $0
        }
      }
      router.get("number") { _, _ in
        async let child = numbers.current
        let tasklet = try await Future { numbers.current }.value
        return "\(numbers.current) \(await child) \(tasklet)"
      }
      #expect(try await get("/number").body == "1 1 1")
      #expect(try await get("/number").body == "2 2 2")
    }

    @Test func `The debug route shows what is pending`() async throws {
      router.addArrivalDebugRoute(datastore: datastore)
      let gate = Promise<Int>()
      let slow = Future("slow page") { try await gate.future.value }
      let response = try await get("/debug/arrival")
      #expect(response.body.contains("slow page"))
      #expect(response.body.contains("lookups") || response.body.contains("no requests"))
      gate.succeed(1)
      _ = try await slow.value
    }
  }
#endif
