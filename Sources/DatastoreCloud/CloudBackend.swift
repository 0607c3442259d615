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
  ///   alone if the server was away; inserts, updates and entities without an ID never, for nobody
  ///   knows whether the first try has written.
  /// - Errors are `DatastoreError`s whose cause is a ``CloudFailure`` with what the server said.
  public final class CloudBackend: DatastoreBackend {
    /// The configuration it was made with.
    public let configuration: Configuration

    private let connection: ServiceConnection
    private let format: WireFormat

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
      var keys = keys
      var later: [Key] = []
      while true {
        do {
          var reply = try await someProgress(lookup: keys)
          reply.deferred += later
          return reply
        } catch let error as DatastoreError where error.code == .tooLarge && keys.count > 1 {
          let half = keys.count / 2
          later = Array(keys[half...]) + later
          keys.removeSubrange(half...)
        }
      }
    }

    /// A reply that defers some keys at most. That of a busy server may defer all.
    private func someProgress(lookup keys: [Key]) async throws -> LookupReply {
      let clock = ContinuousClock()
      let deadline = clock.now + configuration.deadline
      var wait = Duration.milliseconds(50)
      while true {
        let reply = try await send(lookup: keys)
        if reply.deferred.count < keys.count || keys.isEmpty { return reply }
        guard clock.now + wait < deadline else {
          throw DatastoreError(
            .unavailable,
            """
            The server has put off all of the \(keys.count) keys it was asked for, for \
            \(configuration.deadline). Try again later, or look up fewer keys at once (maxLookupKeys).
            """)
        }
        try await clock.sleep(for: wait * Double.random(in: 0.5...1))
        wait = wait * 2
      }
    }

    private func send(lookup keys: [Key]) async throws -> LookupReply {
      try checkKeys(keys)
      if keys.isEmpty { return LookupReply(found: []) }
      var request = Wire.LookupRequest()
      request.projectID = format.project
      request.databaseID = format.database
      request.keys = keys.map(format.encode)
      let reply: Wire.LookupResponse = try await connection.call(
        .lookup, request, RetryPlan(.harmless, isWholeTransaction: true))
      return try format.decode(reply, asked: keys)
    }

    private func checkKeys(_ keys: [Key]) throws(DatastoreError) {
      guard keys.count <= Limits.lookupKeys else {
        throw DatastoreError(
          .invalidArgument,
          "A lookup takes up to \(Limits.lookupKeys) keys and was given \(keys.count). Split it.")
      }
      if let key = keys.first(where: { !$0.isComplete }) {
        throw DatastoreError(
          .invalidArgument, "A lookup needs complete keys: give it an ID or a name.", key: key)
      }
    }

    /// Writes up to 500 mutations, all or none; durable when it returns.
    ///
    /// - Throws: `DatastoreError`; nothing was written then, except with `unavailable`,
    ///   `deadlineExceeded`, `cancelled` and `internal`, where nobody knows.
    public func commit(_ mutations: [Mutation]) async throws -> CommitReply {
      if mutations.isEmpty { return CommitReply(keys: []) }
      var request = Wire.CommitRequest()
      request.projectID = format.project
      request.databaseID = format.database
      // A transaction for this commit alone, which begins and ends with it: all or none.
      request.mode = .transactional
      request.singleUseTransaction.readWrite = .init()
      request.mutations = mutations.map(format.encode)
      let reply: Wire.CommitResponse = try await connection.call(
        .commit, request,
        RetryPlan(CommitRepetition.of(mutations), isWholeTransaction: true))
      return CommitReply(keys: try format.keys(of: reply, for: mutations))
    }

    /// Finds entities: as many as the server gets to in one go.
    ///
    /// - Throws: `DatastoreError`.
    public func query(_ request: QueryRequest) async throws -> QueryReply {
      try request.check()
      var message = Wire.RunQueryRequest()
      message.projectID = format.project
      message.databaseID = format.database
      message.partitionID = format.partition(request.namespace)
      message.query = try format.encode(request)
      let reply: Wire.RunQueryResponse = try await connection.call(
        .runQuery, message, RetryPlan(.harmless, isWholeTransaction: true))
      return try format.decode(reply.batch)
    }

    /// Computes over a query's results.
    ///
    /// - Throws: `DatastoreError`.
    public func aggregate(_ request: AggregationRequest) async throws -> AggregationReply {
      try request.check()
      var message = Wire.RunAggregationQueryRequest()
      message.projectID = format.project
      message.databaseID = format.database
      message.partitionID = format.partition(request.query.namespace)
      message.aggregationQuery = try format.encode(request)
      let reply: Wire.RunAggregationQueryResponse = try await connection.call(
        .runAggregationQuery, message, RetryPlan(.harmless, isWholeTransaction: true))
      return try format.decode(reply, count: request.aggregations.count)
    }

    /// Refuses later calls, waits for those under way, and takes the connection down.
    public func close() async throws { await connection.close() }
  }
#endif
