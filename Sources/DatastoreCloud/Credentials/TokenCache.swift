#if Cloud
  internal import Arrival
  internal import AsyncHTTPClient
  internal import Datastore
  private import Synchronization

  /// Tokens for the calls of one connection: the effects around ``TokenMachine``.
  final class TokenCache: Sendable {
    private struct State {
      var machine = TokenMachine()
      var fetching: Future<Secret>?

      mutating func begin() -> Promise<Secret> {
        let promise = Promise<Secret>()
        fetching = promise.future
        return promise
      }
    }

    /// How long one answer may take. Nobody else asks meanwhile.
    static let timeLimit = Duration.seconds(30)

    private let source: any TokenSource
    private let http: HTTPClient
    private let timeLimit: Duration
    private let state = Mutex(State())
    private let beginning = ContinuousClock.now

    init(
      _ source: any TokenSource, _ http: HTTPClient = .shared,
      timeLimit: Duration = TokenCache.timeLimit
    ) {
      self.source = source
      self.http = http
      self.timeLimit = timeLimit
    }

    private var now: Duration { ContinuousClock.now - beginning }

    /// A token that is good now.
    ///
    /// - Throws: `DatastoreError`; `deadlineExceeded` if none came in time.
    func token(until deadline: ContinuousClock.Instant) async throws -> Secret {
      let now = now
      let (ready, mine, shared) = state.withLock {
        state -> (Secret?, Promise<Secret>?, Future<Secret>?) in
        switch state.machine.need(at: now) {
        case .use(let token): return (token, nil, nil)
        case .useAndFetch(let token): return (token, state.begin(), nil)
        case .fetch: return (nil, state.begin(), state.fetching)
        case .wait: return (nil, nil, state.fetching)
        }
      }
      if let mine { fetch(mine, askedAt: now) }
      if let ready { return ready }
      guard let shared else { throw DatastoreError(.internal, "No token was asked for.") }
      do {
        return try await shared.getResult(within: deadline - ContinuousClock.now)
      } catch is TimeoutError {
        throw DatastoreError(
          .deadlineExceeded, "The token did not come in time. See whether its server runs.")
      }
    }

    /// In a tasklet of its own: the caller that happens to begin it may be cancelled, the others wait on.
    private func fetch(_ promise: Promise<Secret>, askedAt asked: Duration) {
      let fetching = Future("fetching an access token") { [source, http, timeLimit] in
        do {
          return try await Future { try await source.fetch(http) }.timeout(after: timeLimit).value
        } catch is TimeoutError {
          throw DatastoreError(
            .unavailable, "The server of tokens did not answer within \(timeLimit).")
        }
      }
      fetching.onCompletion { [self] result in
        switch result {
        case .success(let token):
          state.withLock { $0.machine.fetched(token, askedAt: asked) }
          promise.succeed(token.secret)
        case .failure(let error):
          let now = now
          state.withLock { $0.machine.failed(at: now) }
          // Looked at, also if nobody waits: the old token serves, and asking is tried again.
          promise.future.onCompletion { _ in }
          promise.fail(error)
        }
      }
    }

    /// The service has refused a token: the next call asks for another.
    func refused(_ token: Secret) { state.withLock { $0.machine.refused(token.text) } }
  }

  extension TokenCache: CustomReflectable {
    /// A dump shows no token, nor all that belongs to the client.
    var customMirror: Mirror { Mirror(self, children: []) }
  }
#endif
