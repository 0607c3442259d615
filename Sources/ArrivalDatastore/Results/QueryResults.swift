// SPDX-License-Identifier: Apache-2.0
public import Arrival
internal import DatastoreEngine

/// The results of a query. Nothing is sent before one of the methods is called.
///
/// ```swift
/// let results = datastore.query(Query(Account.self).order(by: \.name))
/// let first = try await results.first().value            // Account?
/// let some = try await results.fetch(limit: 20).value    // [Account]
/// for try await account in results { print(account) }    // all, a page ahead of the loop
/// ```
///
/// Each request sees the state in which the backend began to serve it, so several pages may mix
/// states. A cursor still continues after the place of its result. A request sees each `put` whose
/// future was done before.
///
/// The futures fail with ``DatastoreError``: `invalidArgument` for a query that breaks a rule,
/// `decodingFailed` for an entity that does not fit the type, or the backend's error. Cancelling a
/// future stops it before its next request. The futures run on the datastore's executor.
public struct QueryResults<Element: Sendable>: Sendable {
  let source: any QuerySource
  let query: Query<Element>
  let pageSize: Int

  /// Fetches at most `limit` results, and no more than the query's own limit.
  ///
  /// - Returns: A future of the results in order. All are in memory, so iterate over the sequence
  ///   if they may be many.
  public func fetch(
    limit: Int? = nil, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<[Element]> {
    fetch(limit: limit, at: SourceSite(function: function, file: file, line: line))
  }

  private func fetch(limit: Int?, at site: SourceSite) -> Future<[Element]> {
    let query = limited(limit)
    return run("fetch", site) { [source] in
      var elements: [Element] = []
      var progress = QueryProgress(query.request)
      while let request = progress.nextRequest(pageSize: nil) {
        let reply = try await source.send(request)
        try progress.receive(reply)
        for item in reply.items { elements.append(try query.decode(item.entity)) }
      }
      return elements
    }
  }

  /// The first result.
  ///
  /// - Returns: A future of the result, `nil` if there is none.
  public func first(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Element?> {
    let site = SourceSite(function: function, file: file, line: line)
    return fetch(limit: 1, at: site).map(at: site) { $0.first }
  }

  /// Fetches at most `limit` results, and the cursor from which to continue.
  ///
  /// It begins at `cursor`, that of the previous page. With `nil` it begins where the query begins.
  ///
  /// - Returns: A future of the page.
  public func page(
    limit: Int, after cursor: QueryCursor? = nil, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<QueryPage<Element>> {
    page(
      limit: limit, after: cursor, isOneReply: false,
      SourceSite(function: function, file: file, line: line))
  }

  /// Fetches the results of one reply, at most `limit`, and the cursor from which to continue.
  ///
  /// It is a page that is no larger than one reply of the backend, which is a few MiB. So it has
  /// fewer results if they are large.
  package func reply(
    limit: Int, after cursor: QueryCursor? = nil, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<QueryPage<Element>> {
    page(
      limit: limit, after: cursor, isOneReply: true,
      SourceSite(function: function, file: file, line: line))
  }

  private func page(
    limit: Int, after cursor: QueryCursor?, isOneReply: Bool, _ site: SourceSite
  ) -> Future<QueryPage<Element>> {
    var query = limited(limit)
    if let cursor {
      query.request.startCursor = cursor
      query.request.offset = 0
    }
    return run("page", site) { [source, query] in
      var page = QueryPage<Element>()
      var progress = QueryProgress(query.request)
      var readTimes: Set<Timestamp?> = []
      while let request = progress.nextRequest(pageSize: nil) {
        let reply = try await source.send(request)
        try progress.receive(reply)
        readTimes.insert(reply.readTime)
        for item in reply.items {
          page.results.append(try query.decode(item.entity))
          page.cursors.append(item.cursor)
        }
        page.cursor = reply.endCursor
        page.hasMore =
          switch reply.more {
          case .none: false
          // Servers also report this when nothing is left, even after fewer results than the limit.
          case .afterLimit: reply.items.count >= request.limit ?? .max
          case .afterCursor, .notFinished: true
          }
        // A reply that only skipped results is not a page. The rest of the offset is known only
        // here.
        if isOneReply, !reply.items.isEmpty { break }
      }
      page.readTime = readTimes.count == 1 ? readTimes.first ?? nil : nil
      return page
    }
  }

  /// Counts the results without fetching them. Counting stops at `limit`.
  ///
  /// - Returns: A future of the number.
  public func count(
    upTo limit: Int? = nil, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Int> {
    let site = SourceSite(function: function, file: file, line: line)
    return aggregate([.count(upTo: limit)], at: site).map(at: site) { Int($0[0].integerValue ?? 0) }
  }

  /// Computes one to five aggregations over the results without fetching them.
  ///
  /// Only results that have all of their properties count.
  ///
  /// - Returns: A future of one value for each aggregation, in order.
  public func aggregate(
    _ aggregations: [Aggregation], function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[Value]> {
    aggregate(aggregations, at: SourceSite(function: function, file: file, line: line))
  }

  /// How the backend finds the results: the indexes it uses, and what it reads.
  ///
  /// - Parameters:
  ///   - analyze: Whether to run the query, for its first reply. Otherwise the plan is all.
  ///   - function: the function that asks; left out.
  ///   - file: its file; left out.
  ///   - line: its line; left out.
  /// - Returns: A future of the explanation. It fails with `failedPrecondition` if the backend
  ///   explains no queries.
  public func explain(
    analyze: Bool = false, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<ExplainMetrics> {
    let site = SourceSite(function: function, file: file, line: line)
    let request = query.request
    return run("explain", site) { [source] in
      try request.check()
      let reply = try await source.explain(request, ExplainOptions(analyze: analyze))
      return try Self.required(reply.explainMetrics)
    }
  }

  /// How the backend computes one to five aggregations over the results.
  ///
  /// - Parameters:
  ///   - aggregations: What would be computed.
  ///   - analyze: Whether to compute it. Otherwise the plan is all.
  ///   - function: the function that asks; left out.
  ///   - file: its file; left out.
  ///   - line: its line; left out.
  /// - Returns: A future of the explanation. It fails as ``explain(analyze:function:file:line:)``.
  public func explain(
    _ aggregations: [Aggregation], analyze: Bool = false, function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<ExplainMetrics> {
    let site = SourceSite(function: function, file: file, line: line)
    let request = AggregationRequest(query: query.request, aggregations: aggregations)
    return run("explain", site) { [source] in
      try request.check()
      let reply = try await source.explain(request, ExplainOptions(analyze: analyze))
      return try Self.required(reply.explainMetrics)
    }
  }

  private static func required(
    _ metrics: ExplainMetrics?
  ) throws(DatastoreError) -> ExplainMetrics {
    if let metrics { return metrics }
    throw DatastoreError(.failedPrecondition, "The backend did not explain the query.")
  }

  func aggregate(_ aggregations: [Aggregation], at site: SourceSite) -> Future<[Value]> {
    let request = AggregationRequest(query: query.request, aggregations: aggregations)
    return run("aggregate", site) { [source] in
      try await source.send(request)
    }
  }

  private func limited(_ limit: Int?) -> Query<Element> {
    guard let limit else { return query }
    return query.limit(Swift.min(limit, query.request.limit ?? limit))
  }

  /// The future of `body`, or a failed one if the query is invalid or the datastore is closed.
  private func run<Value: Sendable>(
    _ name: String, _ site: SourceSite, _ body: sending @escaping () async throws -> Value
  ) -> Future<Value> {
    if let problem = query.problem {
      return Future(error: problem, name: name, at: site)
    }
    let entry: InFlightCalls.Entry?
    do throws(DatastoreError) {
      entry = try source.enter()
    } catch {
      return Future(error: error, name: name, at: site)
    }
    return Future(name, on: source.executor, at: site) {
      try await entry.run(body)
    }
  }
}

/// Some results of a query, and the cursor from which to continue.
public struct QueryPage<Element: Sendable>: Sendable {
  /// The results, in order.
  public internal(set) var results: [Element] = []
  /// The position after each result. A query that starts there continues with the next one.
  public internal(set) var cursors: [QueryCursor] = []
  /// The position after the last result, for ``QueryResults/page(limit:after:function:file:line:)``
  /// or ``Query/starting(after:)``.
  public internal(set) var cursor: QueryCursor?
  /// Whether there may be more results after these.
  public internal(set) var hasMore = false
  /// The time at which another read, with ``ReadOptions``, finds the same results. `nil` if the
  /// backend does not say, or if the page took several requests that saw different states.
  public internal(set) var readTime: Timestamp?
}
