// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  public import Arrival
  public import ServiceLifecycle

  /// Shuts an executor down when the program shuts down. A service for a `ServiceGroup`.
  ///
  /// ```swift
  /// let group = ServiceGroup(
  ///   services: [DatastoreService(datastore), ExecutorService(images), server],
  ///   gracefulShutdownSignals: [.sigterm], logger: logger)
  /// ```
  ///
  /// List it before the services that start tasklets on it: a group stops its services in reverse
  /// order. From the shutdown on, new tasklets fail with `ExecutorShutDown`. Those that are running
  /// have a time limit; timers go on until then.
  ///
  /// Do not give it `TaskletExecutor.shared` unless nothing else in the program uses futures.
  public struct ExecutorService: Service {
    private let executor: TaskletExecutor
    private let limit: Duration

    /// Creates the service of an executor.
    ///
    /// - Parameters:
    ///   - executor: the executor that it shuts down.
    ///   - limit: how long tasklets have to end.
    public init(_ executor: TaskletExecutor, within limit: Duration = .seconds(30)) {
      self.executor = executor
      self.limit = limit
    }

    /// Waits for a graceful shutdown or a cancellation, then shuts the executor down.
    ///
    /// - Throws: ``UnfinishedWork`` if tasklets did not end in time. Their tasks were cancelled.
    public func run() async throws {
      // A cancellation also ends this wait.
      try? await gracefulShutdown()
      // An unstructured task does not inherit the cancellation that may have ended the wait.
      let unfinished = await Task { [executor, limit] in
        await executor.shutdown(within: limit)
      }.value
      if unfinished.isEmpty { return }
      throw UnfinishedWork(limit: limit, pending: unfinished.map(\.description))
    }
  }
#endif
