// SPDX-License-Identifier: Apache-2.0
#if Hummingbird
  public import Arrival
  public import ArrivalDatastore
  internal import ArrivalLifecycle
  internal import ArrivalNIO
  public import Hummingbird
  internal import Logging

  /// Gives the handlers of a server what they need, in one line.
  ///
  /// ```swift
  /// let router = Router()
  /// router.add(middleware: ArrivalMiddleware(datastore: datastore))
  /// ```
  ///
  /// Each request
  /// - runs on an executor of tasklets. Its loads leave as soon as no handler that is ready to run
  ///   can add to the batch, and a handler may call functions that block;
  /// - has a context of the datastore, so that it reads each entity once;
  /// - has values of its own, such as batchers with a cache: ``PerRequest``;
  /// - ends with the right status if it fails: see ``HTTPStatusOfError``.
  ///
  /// Add it after the middleware that should see these statuses, such as logs, metrics and traces,
  /// and before the routes. A response's body that is written in pieces is written later, outside
  /// of all this.
  public struct ArrivalMiddleware<Context: RequestContext>: RouterMiddleware {
    private let datastore: Datastore?
    private let executor: TaskletExecutor
    private let limit: Duration?

    /// Creates the middleware.
    ///
    /// - Parameters:
    ///   - datastore: whose context each request has; `nil` for a server without one.
    ///   - executor: where handlers run.
    ///   - limit: if given, a response waits, for at most this time, until what the request has
    ///     started and not awaited has ended, as `awaitingStartedWork(within:_:)` does. If the time
    ///     passes, a warning names the rest, and the response is sent all the same.
    public init(
      datastore: Datastore? = nil, executor: TaskletExecutor = .shared,
      waitingForStartedWork limit: Duration? = nil
    ) {
      EventLoopProtection.install()
      self.datastore = datastore
      self.executor = executor
      self.limit = limit
    }

    public func handle(
      _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
      try await withTaskExecutorPreference(executor) {
        try await withRequestValues {
          do {
            return try await withStartedWork(context.logger) {
              try await withDatastoreContext { try await next(request, context) }
            }
          } catch {
            throw HTTPStatusOfError.httpError(of: error, logger: context.logger)
          }
        }
      }
    }

    private func withStartedWork(
      _ logger: Logger, _ body: () async throws -> Response
    ) async throws -> Response {
      guard let limit else { return try await body() }
      var made: Response?
      do {
        return try await awaitingStartedWork(within: limit) {
          let response = try await body()
          made = response
          return response
        }
      } catch {
        // The request itself has succeeded: what did not end in time is no reason for a 500.
        guard let made else { throw error }
        logger.warning("\(error)", metadata: ["error.type": "\(type(of: error))"])
        return made
      }
    }

    private func withDatastoreContext(
      _ body: () async throws -> Response
    ) async throws -> Response {
      guard let datastore else { return try await body() }
      return try await datastore.withContext(.default, body)
    }
  }
#endif
