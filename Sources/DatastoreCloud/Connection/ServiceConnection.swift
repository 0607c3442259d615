// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import Arrival
  internal import AsyncHTTPClient
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import DatastoreProtos
  internal import GRPCCore
  internal import GRPCNIOTransportHTTP2Posix
  internal import SwiftProtobuf
  private import Synchronization

  /// Makes the service's calls over one shared connection: deadlines, tokens and retries.
  final class ServiceConnection: Sendable {
    private typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    private let configuration: CloudBackend.Configuration
    private let client: Client
    /// Keeps the connection up until ``close()``. A task and not a tasklet, which would stay
    /// pending on its executor all the time.
    private let running: Task<Void, any Error>
    private let tokens: TokenCache?
    /// The client that fetches tokens; `nil` if no tokens are needed.
    private let http: HTTPClient?
    private let routing: String
    private let quotaProject: String?
    private let budget = Mutex(RetryTokenBucket.ofConnection)
    private let calls = InFlightCalls()
    private let log: (@Sendable (String) -> Void)?
    /// Whether calls fail, and that was logged.
    private let isFailing = Atomic(false)

    init(
      _ configuration: CloudBackend.Configuration, log: (@Sendable (String) -> Void)? = nil
    ) throws {
      self.configuration = configuration
      self.log = log
      let client = Client(transport: try Self.transport(configuration))
      self.client = client
      let tokenSource = try configuration.credentials.tokenSource()
      quotaProject = tokenSource?.quotaProject
      if let tokenSource {
        let http = Self.httpClient(configuration)
        self.http = http
        tokens = TokenCache(tokenSource, http)
      } else {
        (http, tokens) = (nil, nil)
      }
      routing =
        "project_id=\(percentEncoded(configuration.project))"
        + "&database_id=\(percentEncoded(configuration.database))"
      running = Task { try await client.runConnections() }
    }

    deinit {
      client.beginGracefulShutdown()
      running.cancel()
      http?.shutdown { _ in }
    }

    /// The deadline of a call that begins now.
    var deadline: ContinuousClock.Instant { .now + configuration.deadline }

    /// Makes one call, with retries.
    ///
    /// - Parameters:
    ///   - method: The RPC.
    ///   - request: Its message.
    ///   - plan: Which failures are retried.
    ///   - deadline: When the call must end; `nil` for the configured deadline from now.
    /// - Throws: `DatastoreError`.
    func call<Request: SwiftProtobuf.Message, Reply: SwiftProtobuf.Message & Sendable>(
      _ method: ServiceMethod, _ request: Request, _ plan: RetryPlan,
      until deadline: ContinuousClock.Instant? = nil
    ) async throws -> Reply {
      try enter()
      defer { calls.leave() }
      let message: [UInt8] = try request.serializedBytes()
      guard message.count <= configuration.maxRequestBytes else {
        throw DatastoreError(
          .tooLarge,
          """
          The \(method.rawValue) request has \(message.count) bytes; \(configuration.address) \
          accepts up to \(configuration.maxRequestBytes). Ask for less in one request. (Batches \
          are split automatically.)
          """)
      }
      let clock = ContinuousClock()
      let deadline = deadline ?? self.deadline
      var plan = plan
      budget.withLock { $0.addCall() }
      while true {
        let token = try await token(until: deadline)
        let mark = SendMark()
        let failure: CloudFailure
        do {
          let reply: Reply = try await attempt(method, message, mark, token, until: deadline)
          if isFailing.load(ordering: .relaxed) { isFailing.store(false, ordering: .relaxed) }
          return reply
        } catch let error as RPCError {
          failure = CloudFailure(error, method, wasSent: mark.isSet)
        }
        if Task.isCancelled { throw Self.cancelled(failure) }
        let isTooLarge = failure.indicatesTooLarge(requestBytes: message.count, plan.repetition)
        let next =
          isTooLarge
          ? .giveUp
          : plan.failed(failure, remaining: deadline - clock.now, random: .random(in: 0..<1))
        switch next {
        case .renewToken where token != nil: if let token { tokens?.refused(token) }
        case .again(let wait) where budget.withLock { $0.takeRetry(after: failure) }:
          if let log, !isFailing.exchange(true, ordering: .relaxed) {
            log(failure.retryNotice(for: deadline - clock.now))
          }
          do { try await clock.sleep(for: wait) } catch { throw Self.cancelled(failure) }
        case .again, .renewToken, .giveUp:
          var error = failure.datastoreError
          if isTooLarge { error.code = .tooLarge }
          throw error
        }
      }
    }

    /// How long a call waits for a token server that cannot be reached.
    private static let tokenPatience = Duration.seconds(5)

    private func token(until deadline: ContinuousClock.Instant) async throws -> Secret? {
      guard let tokens else { return nil }
      let clock = ContinuousClock()
      let end = min(deadline, clock.now + Self.tokenPatience)
      var backOff = BackOff()
      while true {
        do {
          return try await tokens.token(until: deadline)
        } catch let error as DatastoreError where error.code == .unavailable {
          guard let wait = backOff.next(remaining: end - clock.now, random: .random(in: 0..<1))
          else { throw error }
          do {
            try await clock.sleep(for: wait)
          } catch {
            throw DatastoreError(
              .cancelled, "The call was cancelled while it waited for an access token.")
          }
        }
      }
    }

    private static func cancelled(_ failure: CloudFailure) -> DatastoreError {
      DatastoreError(
        .cancelled, "The \(failure.method) call was cancelled before its reply came.",
        cause: failure)
    }

    private func attempt<Reply: SwiftProtobuf.Message & Sendable>(
      _ method: ServiceMethod, _ message: [UInt8], _ mark: SendMark, _ token: Secret?,
      until deadline: ContinuousClock.Instant
    ) async throws -> Reply {
      var metadata: Metadata = ["x-goog-request-params": .string(routing)]
      if let token { metadata.addString("Bearer \(token.text)", forKey: "authorization") }
      if let quotaProject { metadata.addString(quotaProject, forKey: "x-goog-user-project") }
      var options = CallOptions.defaults
      options.timeout = max(deadline - ContinuousClock.now, .milliseconds(1))
      options.maxResponseMessageBytes = configuration.maxReplyBytes
      // Version 2.9.2 of the transport applies the request limit to replies and no limit to
      // requests.
      options.maxRequestMessageBytes = configuration.maxReplyBytes
      do {
        return try await client.unary(
          request: ClientRequest(message: message, metadata: metadata),
          descriptor: method.descriptor, serializer: BytesSerializer(mark: mark),
          deserializer: ReplyDeserializer<Reply>(), options: options
        ) { try $0.message }
      } catch let error as RuntimeError {
        throw RPCError(code: .unavailable, message: error.message)
      }
    }

    private func enter() throws(DatastoreError) {
      if calls.enter() { return }
      throw DatastoreError.closed(
        """
        The datastore \(configuration.address) was closed before this call. Open another one to go \
        on.
        """)
    }

    /// Refuses later calls, waits for the calls in flight, and closes the connection.
    ///
    /// Does not wait until the connection is closed: a server that is gone would never confirm it.
    func close() async {
      let isFirst = calls.close()
      await calls.drain()
      guard isFirst else { return }
      client.beginGracefulShutdown()
      running.cancel()
      try? await http?.shutdown()
    }
  }
#endif
