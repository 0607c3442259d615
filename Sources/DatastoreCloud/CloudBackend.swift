#if Cloud
  public import Datastore

  /// Google Cloud Datastore, or a database of Firestore in Datastore mode, over its API's version 1.
  ///
  /// ```swift
  /// let backend = try CloudBackend(.init(project: "my-project"))
  /// let datastore = Datastore(backend: backend, configuration: .cloud)
  /// ```
  ///
  /// - Calls share one connection, which is made when it is needed and made again when it breaks.
  /// - A call ends within ``Configuration/deadline``. Until then, one that failed for a reason that may
  ///   pass is made again where that can do no harm: reads always; commits of upserts and deletes
  ///   alone if the server was away; inserts, updates and entities without an ID only if the request never
  ///   left, for else nobody knows whether the first try has written. If the server says how long to
  ///   wait, it is not asked earlier; if there is not so much time, the call fails at once.
  /// - Errors are `DatastoreError`s whose cause is a ``CloudFailure`` with what the server said.
  public final class CloudBackend: DatastoreBackend {
    /// The configuration it was made with.
    public let configuration: Configuration

    let connection: ServiceConnection
    let format: WireFormat

    /// Makes a backend. Nothing is sent before the first call.
    ///
    /// - Throws: `DatastoreError` with `invalidArgument` for a configuration that makes no sense, and
    ///   for credentials that cannot be read.
    public init(_ configuration: Configuration) throws {
      try configuration.check()
      self.configuration = configuration
      connection = try ServiceConnection(configuration)
      format = WireFormat(project: configuration.project, database: configuration.database)
    }

    /// Reads up to 1,000 entities.
    ///
    /// Keys whose message would be too long, or whose entities are more than a reply takes, are
    /// deferred. If the server defers all keys it was asked for, it is asked again, each time a
    /// little later, within the deadline.
    ///
    /// - Throws: `DatastoreError`.
    public func lookup(_ keys: [Key]) async throws -> LookupReply {
      var call = LookupCall(connection, format, nil, until: connection.deadline)
      return try await call.run(keys)
    }

    /// Writes up to 500 mutations, all or none; durable when it returns.
    ///
    /// - Throws: `DatastoreError`; nothing was written then, except with a code that
    ///   `leavesWritesInDoubt`.
    public func commit(_ mutations: [Mutation]) async throws -> CommitReply {
      try await commit(mutations, in: .begin(.readWrite()))
    }

    /// Finds entities: as many as the server gets to in one go.
    ///
    /// - Throws: `DatastoreError`.
    public func query(_ request: QueryRequest) async throws -> QueryReply {
      try await query(request, inside: nil, until: connection.deadline)
    }

    /// Computes over a query's results.
    ///
    /// - Throws: `DatastoreError`.
    public func aggregate(_ request: AggregationRequest) async throws -> AggregationReply {
      try await aggregate(request, inside: nil, until: connection.deadline)
    }

    func query(
      _ request: QueryRequest, inside transaction: TransactionSelector?,
      until deadline: ContinuousClock.Instant
    ) async throws -> QueryReply {
      try request.check()
      var asked = request
      while true {
        do {
          var reply = try await send(asked, inside: transaction, until: deadline)
          // What was left out to get a smaller reply is asked for next.
          if asked.limit != request.limit, reply.more == .afterLimit { reply.more = .notFinished }
          return reply
        } catch let error as DatastoreError where error.code == .tooLarge && asked.limit != 1 {
          asked.limit = max(1, min(asked.limit ?? .max, Self.manyResults) / 2)
        }
      }
    }

    /// More than fit into a reply that is too large for want of a limit.
    private static let manyResults = 1_024

    private func send(
      _ request: QueryRequest, inside transaction: TransactionSelector?,
      until deadline: ContinuousClock.Instant
    ) async throws -> QueryReply {
      var message = Wire.RunQueryRequest()
      message.projectID = format.project
      message.databaseID = format.database
      message.partitionID = format.partition(request.namespace)
      message.query = try format.encode(request)
      if let transaction { message.readOptions = format.encode(transaction) }
      let reply: Wire.RunQueryResponse = try await connection.call(
        .runQuery, message, .read(in: transaction), until: deadline)
      var decoded = try format.decode(reply.batch)
      decoded.transaction = format.transaction(reply.transaction)
      return decoded
    }

    func aggregate(
      _ request: AggregationRequest, inside transaction: TransactionSelector?,
      until deadline: ContinuousClock.Instant
    ) async throws -> AggregationReply {
      try request.check()
      var message = Wire.RunAggregationQueryRequest()
      message.projectID = format.project
      message.databaseID = format.database
      message.partitionID = format.partition(request.query.namespace)
      message.aggregationQuery = try format.encode(request)
      if let transaction { message.readOptions = format.encode(transaction) }
      let reply: Wire.RunAggregationQueryResponse = try await connection.call(
        .runAggregationQuery, message, .read(in: transaction), until: deadline)
      var decoded = try format.decode(reply, count: request.aggregations.count)
      decoded.transaction = format.transaction(reply.transaction)
      return decoded
    }

    /// Refuses later calls, waits for those under way, and takes the connection down.
    public func close() async throws { await connection.close() }
  }
#endif
