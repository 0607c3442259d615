#if Cloud
  public import Datastore
  public import ServiceLifecycle

  /// Closes a datastore in good order when its process is asked to end, in a `ServiceGroup`.
  ///
  /// ```swift
  /// let group = ServiceGroup(
  ///   services: [DatastoreService(datastore), server], gracefulShutdownSignals: [.sigterm],
  ///   logger: logger)
  /// try await group.run()
  /// ```
  ///
  /// A group ends its services in reverse order: name the datastore before those that use it. What is
  /// under way and what was asked for before ends as always; what is asked for later fails with
  /// `failedPrecondition`.
  public struct DatastoreService: Service {
    private let datastore: Datastore

    /// Makes the service of a datastore on any backend.
    public init(_ datastore: Datastore) { self.datastore = datastore }

    /// Returns when the process is to end and the datastore is closed. Cancelling it closes too.
    ///
    /// - Throws: What `Datastore.close()` throws.
    public func run() async throws {
      // Cancellation ends the wait as well, and closing is right then too.
      try? await gracefulShutdown()
      // Not cut short by the cancellation that may have brought us here.
      try await Task { [datastore] in try await datastore.close() }.value
    }
  }
#endif
