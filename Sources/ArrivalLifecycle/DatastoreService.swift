// SPDX-License-Identifier: Apache-2.0
#if Lifecycle
  internal import Arrival
  public import ArrivalDatastore
  public import ServiceLifecycle

  /// Closes a datastore when the program shuts down. A service for a `ServiceGroup`.
  ///
  /// ```swift
  /// let group = ServiceGroup(
  ///   services: [DatastoreService(datastore), server], gracefulShutdownSignals: [.sigterm],
  ///   logger: logger)
  /// try await group.run()
  /// ```
  ///
  /// A group stops its services in reverse order. List the datastore before the services that use
  /// it, so that they stop first. Requests made before the datastore closes complete as usual.
  /// Later requests fail with `DatastoreError.Code.failedPrecondition`.
  ///
  /// The service works with any backend.
  public struct DatastoreService: Service {
    private let datastore: Datastore
    private let limit: Duration?

    /// Creates the service of a datastore.
    ///
    /// - Parameters:
    ///   - datastore: the datastore that it closes.
    ///   - limit: how long requests under way may take to end; `nil`: as long as they need.
    public init(_ datastore: Datastore, within limit: Duration? = nil) {
      self.datastore = datastore
      self.limit = limit
    }

    /// Waits for a graceful shutdown or a cancellation, then closes the datastore.
    ///
    /// - Throws: The error that `Datastore.close()` throws; `TimeoutError` if it has not ended
    ///   within the limit.
    public func run() async throws {
      // A cancellation also ends this wait, and then the datastore must be closed as well.
      try? await gracefulShutdown()
      // An unstructured task does not inherit the cancellation that may have ended the wait.
      try await Task { [datastore, limit] in
        let closed = Future("close of the datastore") { try await datastore.close() }
        try await (limit.map { closed.timeout(after: $0) } ?? closed).value
      }.value
    }
  }
#endif
