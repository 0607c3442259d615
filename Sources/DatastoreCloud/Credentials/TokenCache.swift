// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import Arrival
  internal import AsyncHTTPClient
  internal import DatastoreModel
  private import Synchronization

  /// The access tokens of one connection: the effects around ``TokenMachine``.
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

    /// The time limit of one request for a token. There is only one request at a time.
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

    /// Returns a token that is valid now.
    ///
    /// - Throws: `DatastoreError`; its code is `deadlineExceeded` if no token came in time.
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
      guard let shared else {
        throw DatastoreError(
          .internal, "No access token was requested. This is a fault of Arrival.")
      }
      do {
        return try await shared.getResult(within: deadline - ContinuousClock.now)
      } catch is TimeoutError {
        throw DatastoreError(
          .deadlineExceeded, "No access token came in time. Check that the token server is running."
        )
      }
    }

    /// Runs in its own tasklet: the caller that started it may be cancelled while others still
    /// wait.
    private func fetch(_ promise: Promise<Secret>, askedAt asked: Duration) {
      let fetching = Future("fetching an access token") { [source, http, timeLimit] in
        do {
          return try await Future { try await source.fetch(http) }.timeout(after: timeLimit).value
        } catch is TimeoutError {
          throw DatastoreError(
            .unavailable, "The token server did not answer within \(durationText(timeLimit)).")
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
          // Counts as observed even if nobody waits: the old token still serves, and a later call
          // retries.
          promise.future.onCompletion { _ in }
          promise.fail(error)
        }
      }
    }

    /// Records that the service refused a token. The next call asks for another.
    func refused(_ token: Secret) { state.withLock { $0.machine.refused(token.text) } }
  }

  extension TokenCache: CustomReflectable {
    /// Hides the tokens and the HTTP client from dumps.
    var customMirror: Mirror { Mirror(self, children: []) }
  }
#endif
