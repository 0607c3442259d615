public import Arrival
internal import DatastoreEngine

/// The results of a query. Nothing is sent before one of the methods is called.
///
/// ```swift
/// let results = datastore.query(Query(Account.self).order(by: \.name))
/// let first = try await results.first().value            // Account?
/// let some = try await results.fetch(limit: 20).value    // [Account]
/// for try await account in results { … }                 // all, a page ahead of the loop
/// ```
///
/// Each request sees the state in which the backend began to serve it, so several pages may mix
/// states. A cursor still continues after the place of its result. A request sees each `put` whose
/// future was done before.
///
/// The futures fail with ``DatastoreError``: `invalidArgument` for a query that breaks a rule,
/// `decodingFailed` for an entity that does not fit the type, or what the backend says. Cancelling
/// a future stops it before its next request. The futures run on the datastore's executor.
public struct QueryResults<Element: Sendable>: Sendable {
  let source: any QuerySource
  let query: Query<Element>
  let pageSize: Int

  /// The results, at most `limit`, and no more than the query's own limit.
  ///
  /// - Returns: A future of the results in order. All are held in memory: go through the sequence
  ///   where they may be many.
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
  /// - Returns: A future of it, `nil` if there is none.
  public func first(
    function: StaticString = #function, file: StaticString = #fileID, line: UInt = #line
  ) -> Future<Element?> {
    let site = SourceSite(function: function, file: file, line: line)
    return fetch(limit: 1, at: site).map(at: site) { $0.first }
  }

  /// At most `limit` results, and the place where to go on.
  ///
  /// It begins at `cursor`, that of the page before; with `nil` where the query begins.
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

  /// The results of one reply, at most `limit`, and the place where to go on.
  ///
  /// Like a page, but no larger than one reply of the backend, which is a few MiB. So it has fewer
  /// results if they are large.
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
      while let request = progress.nextRequest(pageSize: nil) {
        let reply = try await source.send(request)
        try progress.receive(reply)
        for item in reply.items { page.results.append(try query.decode(item.entity)) }
        page.cursor = reply.endCursor
        page.hasMore = reply.more != .none
        // A reply that only passed over results does not count: the rest of the offset is known
        // here.
        if isOneReply, !reply.items.isEmpty { break }
      }
      return page
    }
  }

  /// How many results there are, without fetching them; counting stops at `limit`.
  ///
  /// - Returns: A future of the number.
  public func count(
    upTo limit: Int? = nil, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Int> {
    let site = SourceSite(function: function, file: file, line: line)
    return aggregate([.count(upTo: limit)], at: site).map(at: site) { Int($0[0].integerValue ?? 0) }
  }

  /// Values computed over the results, without fetching them: one to five at a time.
  ///
  /// Results that lack a property named here count for none of them.
  ///
  /// - Returns: A future of one value each, in order.
  public func aggregate(
    _ aggregations: [Aggregation], function: StaticString = #function,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Future<[Value]> {
    aggregate(aggregations, at: SourceSite(function: function, file: file, line: line))
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

  /// The future of some work, unless the query could not be made or the datastore is closed.
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

/// Some results of a query, and the place where to go on.
public struct QueryPage<Element: Sendable>: Sendable {
  /// The results, in order.
  public internal(set) var results: [Element] = []
  /// The place after the last result, for ``QueryResults/page(limit:after:function:file:line:)`` or
  /// ``Query/starting(after:)``.
  public internal(set) var cursor: QueryCursor?
  /// Whether there may be more results after these.
  public internal(set) var hasMore = false
}
