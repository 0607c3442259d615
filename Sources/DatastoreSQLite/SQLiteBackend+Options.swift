// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  public import DatastoreModel
  internal import GRDB

  extension SQLiteBackend {
    /// Reads up to 1,000 entities.
    ///
    /// Equal keys are answered once, and no key is ever deferred. A damaged entity is among the
    /// reply's failures, with `dataLoss`, and the others are found.
    ///
    /// - Throws: `DatastoreError`: `invalidArgument` for over 1,000 keys or an incomplete key, for
    ///   a time whose state is not kept, see ``Configuration/historyTime``, or for a transaction
    ///   that is over; `aborted` in a transaction without a connection, if an earlier read no
    ///   longer holds; `failedPrecondition` after ``close()``, `dataLoss` if the file itself is
    ///   damaged, or an error of the file system.
    public func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      for key in keys { try DatabaseScope.check(key) }
      return try await find(keys, options)
    }

    /// Reads entities of any database.
    func find(_ keys: [Key], _ options: ReadOptions) async throws -> LookupReply {
      try options.checkMask()
      let plan = try LookupPlan(keys)
      var reply: LookupReply
      switch options.consistency {
      case .transaction(let selector):
        var (found, id) = try await read(.lookup(plan), selector) { [path] connection, scope in
          var reply = try plan.run(connection, at: path, in: scope.past)
          reply.readTime = try scope.readTime(connection)
          reply.snapshotVersion = reply.readTime?.microseconds
          return (reply, Fingerprint.of(reply))
        }
        found.transaction = id
        reply = found
      case .strong, .eventual, .readTime:
        let past = try await past(options)
        reply = try await reading { [path, propertyIDs] connection in
          var reply = try plan.run(connection, at: path, in: past)
          reply.readTime = try ReadScope(propertyIDs, past).readTime(connection)
          reply.snapshotVersion = reply.readTime?.microseconds
          return reply
        }
      }
      reply.mask(options.propertyMask)
      return reply
    }

    /// Finds up to 1,000 entities, or about 4 MiB of them.
    ///
    /// - Throws: As ``lookup(_:options:)``; `invalidArgument` for a request that breaks a rule or a
    ///   cursor of another query, `dataLoss` for a damaged entity.
    public func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      try options.checkMask(for: request)
      return try await find(try NormalizedQuery(request), options)
    }

    /// Finds entities of any database.
    func find(_ query: NormalizedQuery, _ options: ReadOptions) async throws -> QueryReply {
      var reply = try await run(query, .query(query), options) { run in
        var reply = try Explanation.explaining(run, options.explainOptions, isAggregation: false) {
          QueryReplyBuilder(query).reply(.exhausted)
        } run: {
          try $0.reply(query)
        } note: {
          $0.explainMetrics = $1
        } results: {
          $0.items.count
        }
        reply.readTime = try run.readTime()
        reply.snapshotVersion = reply.readTime?.microseconds
        return (reply, Fingerprint.of(reply))
      } begun: {
        $0.transaction = $1
      }
      reply.mask(options.propertyMask)
      return reply
    }

    /// Computes aggregations over a query's results, all of them in one state of the file.
    ///
    /// - Throws: As ``query(_:options:)``.
    public func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      try await compute(request.aggregations, over: try NormalizedQuery(request), options)
    }

    /// Computes over a query's results in any database.
    func compute(
      _ aggregations: [Aggregation], over query: NormalizedQuery, _ options: ReadOptions
    ) async throws -> AggregationReply {
      return try await run(query, .aggregation(query, aggregations), options) { run in
        var reply = try Explanation.explaining(run, options.explainOptions, isAggregation: true) {
          AggregationReply(values: [])
        } run: {
          try $0.reply(query, aggregations, QueryEvaluation(query))
        } note: {
          $0.explainMetrics = $1
        } results: { _ in
          1
        }
        reply.readTime = try run.readTime()
        return (reply, Fingerprint.of(reply.values))
      } begun: {
        $0.transaction = $1
      }
    }

    /// Runs a query inside or outside a transaction.
    ///
    /// - Parameter body: Returns the reply and its fingerprint.
    private func run<Reply: Sendable>(
      _ query: NormalizedQuery, _ read: ReadLog.Read, _ options: ReadOptions,
      _ body: @escaping @Sendable (QueryRun) throws -> (Reply, Int),
      begun: (inout Reply, TransactionID?) -> Void
    ) async throws -> Reply {
      try StoreFailure.requireUserKind(query.request.kind)
      guard case .transaction(let selector) = options.consistency else {
        let past = try await past(options)
        return try await run(query, at: past) { try body($0).0 }.reply
      }
      var (reply, id) = try await self.read(read, selector) { connection, scope in
        try body(QueryRun(query, connection, scope.propertyIDs, at: scope.past))
      }
      begun(&reply, id)
      return reply
    }

    /// The state of a read outside transactions; `nil` for the present one.
    private func past(_ options: ReadOptions) async throws -> PastState? {
      guard case .readTime(let time) = options.consistency else { return nil }
      return try await settled(time)
    }

    /// The state of a time, once no commit can still come before it.
    func settled(_ time: Timestamp) async throws -> PastState {
      try RequestRules.check(readTime: time, now: .now, keptSince: .min)
      let past = PastState(time: time.microseconds)
      let last = try await reading { connection in
        try past.check(connection)
        return try CommitClock(connection).committed
      }
      if time.microseconds > last, !database.configuration.readonly { try await passCommits() }
      return past
    }

    /// Waits for the commits under way, in this process and in others.
    private func passCommits() async throws {
      try calls.enter(path)
      defer { calls.leave() }
      try await withCheckedThrowingContinuation { continuation in
        database.asyncWriteWithoutTransaction { [path] connection in
          continuation.resume(
            with: Result {
              try StoreFailure.translating(path, .read) {
                if connection.isInsideTransaction { try connection.rollback() }
                try connection.inTransaction(.immediate) { .rollback }
              }
            })
        }
      }
    }
  }

  /// What a read inside a transaction works with.
  struct ReadScope {
    let propertyIDs: PropertyIDs
    let past: PastState?

    init(_ propertyIDs: PropertyIDs, _ past: PastState?) {
      self.propertyIDs = propertyIDs
      self.past = past
    }

    /// The time at which another read finds the same.
    func readTime(_ connection: Database) throws -> Timestamp {
      Timestamp(microseconds: try past?.time ?? CommitClock(connection).committed)
    }
  }
#endif
