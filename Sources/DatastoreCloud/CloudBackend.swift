// SPDX-License-Identifier: Apache-2.0
#if Cloud
  internal import DatastoreEngine
  public import DatastoreModel
  internal import DatastoreProtos

  /// A backend on Google Cloud Datastore (Firestore in Datastore mode), through version 1 of its
  /// API.
  ///
  /// ```swift
  /// let backend = try CloudBackend(.init(project: "my-project"))
  /// let datastore = Datastore(backend: backend, configuration: .remote)
  /// ```
  ///
  /// - Calls share one connection. It is opened on demand and reopened when it breaks.
  /// - A call ends within ``Configuration/deadline``. Until then, the backend retries failures that
  ///   may be temporary, where a retry is safe. Reads are always retried. Commits of upserts and
  ///   deletes only are retried if the server was unavailable. Inserts, updates and entities
  ///   without an ID are retried only if the request was never sent; otherwise nobody knows whether
  ///   the first attempt has written them. If the server asks for a wait, the retry is not earlier;
  ///   if the deadline comes first, the call fails at once.
  /// - Errors are `DatastoreError`s whose cause is a ``CloudFailure`` with the server's status.
  public final class CloudBackend: DatastoreBackend {
    /// The configuration of the backend.
    public let configuration: Configuration

    let connection: ServiceConnection
    let format: WireFormat

    /// Creates a backend. Nothing is sent before the first call.
    ///
    /// - Parameters:
    ///   - configuration: The database, its server, and how calls are made.
    ///   - log: Told in a sentence when a call fails and is tried again, and then not before a call
    ///     has succeeded. Called on any thread. Default: `nil`, for nothing.
    /// - Throws: `DatastoreError` with the code `invalidArgument` if the configuration is invalid,
    ///   or if the credentials cannot be read.
    public init(
      _ configuration: Configuration, log: (@Sendable (String) -> Void)? = nil
    ) throws {
      try configuration.check()
      self.configuration = configuration
      connection = try ServiceConnection(configuration, log: log)
      format = WireFormat(project: configuration.project, database: configuration.database)
    }

    func query(
      _ request: QueryRequest, _ options: ReadOptions, until deadline: ContinuousClock.Instant
    ) async throws -> QueryReply {
      try request.check()
      var asked = request
      while true {
        do {
          var reply = try await send(asked, options, until: deadline)
          // The smaller limit is ours; the next request asks for the rest.
          if asked.limit != request.limit, reply.more == .afterLimit { reply.more = .notFinished }
          return reply
        } catch let error as DatastoreError where error.code == .tooLarge && asked.limit != 1 {
          asked.limit = max(1, min(asked.limit ?? .max, Self.manyResults) / 2)
        }
      }
    }

    /// The limit from which halving starts if the request had none.
    private static let manyResults = 1_024

    private func send(
      _ request: QueryRequest, _ options: ReadOptions, until deadline: ContinuousClock.Instant
    ) async throws -> QueryReply {
      var message = Wire.RunQueryRequest()
      message.projectID = format.project
      message.databaseID = format.database
      message.partitionID = format.partition(request.namespace)
      message.query = try format.encode(request)
      if let read = format.encode(options.consistency) { message.readOptions = read }
      if let mask = options.propertyMask { message.propertyMask.paths = mask }
      if let explain = options.explainOptions { message.explainOptions.analyze = explain.analyze }
      let reply: Wire.RunQueryResponse = try await connection.call(
        .runQuery, message, .read(in: options.transaction), until: deadline)
      var decoded =
        reply.hasBatch || options.explainOptions == nil
        ? try format.decode(reply.batch)
        : QueryReply(items: [], endCursor: QueryCursor(bytes: []), more: .none)
      if reply.hasExplainMetrics { decoded.explainMetrics = format.decode(reply.explainMetrics) }
      decoded.transaction = format.transaction(reply.transaction)
      // The API has no such field. The result at the end cursor comes last, if it comes at all.
      if request.excludesEnd, decoded.items.last?.cursor == request.endCursor {
        decoded.items.removeLast()
      }
      return decoded
    }

    func aggregate(
      _ request: AggregationRequest, _ options: ReadOptions,
      until deadline: ContinuousClock.Instant
    ) async throws -> AggregationReply {
      try request.check()
      guard !request.query.excludesEnd else {
        throw DatastoreError(
          .invalidArgument,
          "The service cannot compute over results before a cursor. End at the one before it.")
      }
      var message = Wire.RunAggregationQueryRequest()
      message.projectID = format.project
      message.databaseID = format.database
      message.partitionID = format.partition(request.query.namespace)
      message.aggregationQuery = try format.encode(request)
      if let read = format.encode(options.consistency) { message.readOptions = read }
      if let explain = options.explainOptions { message.explainOptions.analyze = explain.analyze }
      let reply: Wire.RunAggregationQueryResponse = try await connection.call(
        .runAggregationQuery, message, .read(in: options.transaction), until: deadline)
      var decoded =
        reply.hasBatch || options.explainOptions == nil
        ? try format.decode(reply, count: request.aggregations.count)
        : AggregationReply(values: [])
      if reply.hasExplainMetrics { decoded.explainMetrics = format.decode(reply.explainMetrics) }
      decoded.transaction = format.transaction(reply.transaction)
      return decoded
    }

    /// Refuses later calls, waits for the calls in flight, and closes the connection.
    public func close() async throws { await connection.close() }
  }
#endif
