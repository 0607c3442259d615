// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  @testable import Arrival
  import ArrivalDatastore
  import ArrivalHummingbird
  import DatastoreInMemory
  import Hummingbird
  import HummingbirdTesting
  import InMemoryLogging
  import Logging
  import Synchronization
  import Testing

  private struct Unexpected: Error {}

  @Suite struct StatusTests {
    private let records = Records()

    /// The response to a request whose handler throws.
    private func response(to error: any Error) async throws -> TestResponse {
      let router = Router()
      router.add(middleware: ArrivalMiddleware())
      router.get("fails") { _, _ -> String in throw error }
      return try await router.response("/fails", logger: records.logger)
    }

    @Test(arguments: [
      (DatastoreError.Code.notFound, 404), (.alreadyExists, 409), (.aborted, 409),
      (.invalidArgument, 400), (.permissionDenied, 403), (.resourceExhausted, 429),
      (.unavailable, 503), (.deadlineExceeded, 504), (.internal, 500), (.tooLarge, 413),
      (.failedPrecondition, 500), (.cancelled, 503), (.dataLoss, 500), (.decodingFailed, 500),
      (.init("strange"), 500),
    ])
    func `An error of the datastore has its status`(
      _ code: DatastoreError.Code, _ status: Int
    ) async throws {
      let reply = try await response(to: DatastoreError(code, "the reason"))
      #expect(reply.status.code == status)
    }

    @Test(arguments: [
      (BatcherOverloaded(batcher: "users", maxQueued: 7) as any Error, 503),
      (ExecutorShutDown(executor: "shared"), 503),
      (CancelledTooOften(), 500), (CancellationError(), 503),
    ])
    func `An error of the core has its status`(_ error: any Error, _ status: Int) async throws {
      #expect(try await response(to: error).status.code == status)
    }

    @Test func `A time limit that has passed is 504`() async throws {
      let never = Promise<Int>()
      let limited = never.future.timeout(after: .zero)
      let error = try #require(await limited.getException())
      #expect(try await response(to: error).status.code == 504)
      never.succeed(1)
    }

    @Test func `The last error decides for the error of retries`() async throws {
      let policy = RetryPolicy(maxRetries: 1, initialDelay: .zero) { _ in true }
      let users = Batcher<Int, Int>("users", retry: policy) { (_: [Int]) -> [Int] in
        throw DatastoreError(.resourceExhausted, "the quota of /data/bank.db")
      }
      let error = try #require(await users.load(1).getException())
      #expect(error is RetryError)
      let reply = try await response(to: error)
      #expect(reply.status.code == 429)
      #expect(!reply.text.contains("bank.db"))
    }

    /// The mutation names a version that is not stored: another try of the same request is useless.
    @Test func `A version conflict is 412, without Retry-After`() async throws {
      let error = DatastoreError(.failedPrecondition, "changed", key: Key("Account", id: 1))
      let reply = try await response(to: error)
      #expect(reply.status.code == 412)
      #expect(reply.headers[.retryAfter] == nil)
    }

    @Test(arguments: [true, false])
    func `A request of a closed datastore is 503`(_ isClosedBelow: Bool) async throws {
      let backend = InMemoryBackend()
      let datastore = Datastore(backend: backend)
      if isClosedBelow { try await backend.close() } else { try await datastore.close() }
      let error = try #require(await datastore.get(Key("Account", id: 1)).getException())
      let reply = try await response(to: error)
      #expect(reply.status.code == 503)
      #expect(reply.headers[.retryAfter] == "1")
    }

    @Test(
      arguments: [
        (DatastoreError.Code.unavailable, "1"), (.resourceExhausted, "1"), (.aborted, nil),
        (.internal, nil), (.deadlineExceeded, nil),
      ] as [(DatastoreError.Code, String?)])
    func `Only 429 and 503 ask for another try`(
      _ code: DatastoreError.Code, _ retryAfter: String?
    ) async throws {
      let reply = try await response(to: DatastoreError(code, "the reason"))
      #expect(reply.headers[.retryAfter] == retryAfter)
    }

    @Test(arguments: [
      DatastoreError.Code.notFound, .alreadyExists, .invalidArgument, .tooLarge,
    ])
    func `A client sees a message about the request, without its cause`(
      _ code: DatastoreError.Code
    ) async throws {
      let reply = try await response(
        to: DatastoreError(code, "the reason", cause: DatastoreError(.internal, "secret")))
      #expect(reply.text.contains("the reason") && !reply.text.contains("secret"))
      #expect(records.all.isEmpty)
    }

    @Test(arguments: [
      (DatastoreError.Code.permissionDenied, Logger.Level.warning),
      (.resourceExhausted, .warning), (.aborted, .warning), (.unavailable, .error),
      (.internal, .error), (.failedPrecondition, .error), (.deadlineExceeded, .error),
    ])
    func `A message that may name files is logged and not sent`(
      _ code: DatastoreError.Code, _ level: Logger.Level
    ) async throws {
      let text = "The datastore \"/data/bank.db\" cannot be written."
      let reply = try await response(to: DatastoreError(code, text))
      #expect(!reply.text.contains("bank.db"))
      let record = try #require(records.all.first)
      #expect(records.all.count == 1)
      #expect(record.level == level && "\(record.message)".contains(text))
      #expect(record.metadata["error.type"] == "DatastoreError")
    }

    @Test func `An error that is in no table is 500, and is logged`() async throws {
      let reply = try await response(to: Unexpected())
      #expect(reply.status.code == 500)
      #expect(!reply.text.contains("Unexpected"))
      let record = try #require(records.all.first)
      #expect(records.all.count == 1)
      #expect(record.level == .error && "\(record.message)".contains("Unexpected"))
    }

    @Test func `Another error is left as it is`() async throws {
      #expect(try await response(to: HTTPError(.init(code: 418))).status.code == 418)
      #expect(records.all.isEmpty)
    }

    @Test func `Middleware that was added before sees the status`() async throws {
      let seen = SeenStatuses()
      let router = Router()
      router.add(middleware: SeeingMiddleware(seen: seen))
      router.add(middleware: ArrivalMiddleware())
      router.get("fails") { _, _ -> String in throw DatastoreError(.notFound, "nothing there") }
      _ = try await router.response("/fails")
      #expect(seen.all.withLock { $0 } == [404])
    }
  }

  private struct CancelledTooOften: Error {}

  private final class SeenStatuses: Sendable {
    let all = Mutex<[Int]>([])
  }

  /// As middleware for metrics does: an error that names no status counts as 500.
  private struct SeeingMiddleware<Context: RequestContext>: RouterMiddleware {
    let seen: SeenStatuses

    func handle(
      _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
      do {
        return try await next(request, context)
      } catch {
        let status = (error as? any HTTPResponseError)?.status ?? .internalServerError
        seen.all.withLock { $0.append(status.code) }
        throw error
      }
    }
  }
#endif
