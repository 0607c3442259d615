// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import Testing

/// What the facade makes of a backend's replies.
@Suite struct QueryResultsTests {
  private let backend = ScriptedBackend()
  private let datastore: Datastore

  init() { datastore = Datastore(backend: backend) }

  private func entity(_ id: Int) -> Entity { Entity(Key("K", id: Int64(id)), ["id": 1]) }

  private func reply(
    _ ids: ClosedRange<Int>?, skipped: Int = 0, _ more: QueryReply.More
  ) -> QueryReply {
    let items = (ids.map(Array.init) ?? []).map { id in
      QueryReply.Item(entity: entity(id), cursor: cursor(id))
    }
    return QueryReply(
      items: items, skipped: skipped, endCursor: cursor(ids?.upperBound ?? 0), more: more)
  }

  private func cursor(_ id: Int) -> QueryCursor { QueryCursor(bytes: [UInt8(id)]) }

  private var query: Query<Entity> { Query(kind: "K") }

  @Test
  func `A fetch continues with the remaining limit and offset until the backend has finished`()
    async throws
  {
    backend.set {
      $0.queryReplies = [
        self.reply(nil, skipped: 2, .notFinished), self.reply(1...3, skipped: 1, .notFinished),
        self.reply(4...5, .afterLimit),
      ]
    }
    let found = try await datastore.query(query.offset(3)).fetch(limit: 5).value
    #expect(found == (1...5).map(entity))
    #expect(backend.queries.map(\.offset) == [3, 1, 0])
    #expect(backend.queries.map(\.limit) == [5, 5, 2])
    #expect(backend.queries.map(\.startCursor) == [nil, cursor(0), cursor(3)])
  }

  @Test func `The limit of a fetch and that of the query are both kept`() async throws {
    _ = try await datastore.query(query.limit(3)).fetch(limit: 5).value
    _ = try await datastore.query(query.limit(7)).fetch(limit: 5).value
    _ = try await datastore.query(query.limit(7)).first().value
    _ = try await datastore.query(query).fetch().value
    #expect(backend.queries.map(\.limit) == [3, 5, 1, nil])
  }

  @Test func `A reply without progress, or with too many results, is an error`()
    async throws
  {
    for faulty in [
      reply(nil, .notFinished), reply(1...3, .none), reply(1...1, skipped: 1, .none),
    ] {
      backend.set { $0.queryReplies = [faulty] }
      // The first one ends where it began: it would be asked again for ever.
      let results = datastore.query(query.starting(after: cursor(0)))
      let error = await results.fetch(limit: 2).getException() as? DatastoreError
      #expect(error?.code == .internal)
    }
  }

  @Test func `An empty reply with a new cursor is progress`() async throws {
    backend.set {
      $0.queryReplies = [self.reply(nil, .notFinished), self.reply(1...2, .none)]
    }
    #expect(try await datastore.query(query).fetch().value == [entity(1), entity(2)])
    #expect(backend.queries.map(\.startCursor) == [nil, cursor(0)])
  }

  @Test func `The next page continues from the cursor without the offset`()
    async throws
  {
    backend.set { $0.queryReplies = [self.reply(1...2, skipped: 4, .afterLimit)] }
    let results = datastore.query(query.offset(4))
    let page = try await results.page(limit: 2).value
    #expect(page.results == [entity(1), entity(2)])
    #expect(page.cursor == cursor(2))
    #expect(page.hasMore)
    let next = try await results.page(limit: 2, after: page.cursor).value
    #expect(!next.hasMore)
    #expect(backend.queries.map(\.offset) == [4, 0])
    #expect(backend.queries[1].startCursor == cursor(2))
  }

  @Test func `A partial reply is returned as a page, and a reply of skipped results is continued`()
    async throws
  {
    backend.set {
      $0.queryReplies = [
        self.reply(nil, skipped: 3, .notFinished), self.reply(1...2, skipped: 1, .notFinished),
        self.reply(3...3, .none),
      ]
    }
    let results = datastore.query(query.offset(4))
    let first = try await results.reply(limit: 500).value
    #expect(first.results == [entity(1), entity(2)])
    #expect(first.hasMore && first.cursor == cursor(2))
    let second = try await results.reply(limit: 500, after: first.cursor).value
    #expect(second.results == [entity(3)])
    #expect(!second.hasMore)
    #expect(backend.queries.map(\.offset) == [4, 1, 0])
    #expect(backend.queries.map(\.startCursor) == [nil, cursor(0), cursor(2)])
  }

  @Test func `The sequence fetches exactly one page ahead`()
    async throws
  {
    let second = Promise<Void>()
    backend.set {
      $0.queryReplies = [
        self.reply(1...2, .afterLimit), self.reply(3...4, .afterLimit), self.reply(5...5, .none),
      ]
      $0.queryGates = [Future(value: ()), second.future]
    }
    var iterator = datastore.query(query, pageSize: 2).makeAsyncIterator()
    #expect(backend.queries.isEmpty)
    #expect(try await iterator.next() == entity(1))
    // The second page is asked for already, and waits at its gate; the third is not.
    while backend.queries.count < 2 { await Task.yield() }
    #expect(try await iterator.next() == entity(2))
    #expect(backend.queries.count == 2)
    second.succeed(())
    #expect(try await iterator.next() == entity(3))
    while backend.queries.count < 3 { await Task.yield() }
    #expect(try await iterator.next() == entity(4))
    #expect(try await iterator.next() == entity(5))
    #expect(try await iterator.next() == nil)
    #expect(try await iterator.next() == nil)
    #expect(backend.queries.map(\.limit) == [2, 2, 2])
  }

  @Test func `A page that fails ends the sequence with its error, after the results before it`()
    async throws
  {
    let second = Promise<Void>()
    backend.set {
      $0.queryReplies = [self.reply(1...1, .afterLimit)]
      $0.queryGates = [Future(value: ()), second.future]
    }
    var iterator = datastore.query(query, pageSize: 1).makeAsyncIterator()
    #expect(try await iterator.next() == entity(1))
    backend.set { $0.queryErrors = [DatastoreError(.unavailable, "no")] }
    second.succeed(())
    do {
      _ = try await iterator.next()
      Issue.record("a failure was expected")
    } catch let error as DatastoreError {
      #expect(error.code == .unavailable)
    }
    #expect(try await iterator.next() == nil)
    #expect(backend.queries.count == 2)
  }

  @Test func `A query that breaks a rule fails before anything is sent`() async throws {
    let error =
      await datastore.query(query.where(Property("a") == [1])).fetch().getException()
      as? DatastoreError
    #expect(error?.code == .invalidArgument)
    #expect(error?.property == "a")
    #expect(backend.queries.isEmpty)
  }

  @Test func `A count is an aggregation, and a reply of the wrong length is an error`()
    async throws
  {
    backend.set { $0.aggregationReplies = [AggregationReply(values: [7])] }
    #expect(try await datastore.query(query).count(upTo: 9).value == 7)
    #expect(backend.aggregations.first?.aggregations == [.count(upTo: 9)])
    let error = await datastore.query(query).count().getException() as? DatastoreError
    #expect(error?.code == .internal)
  }

  @Test func `Statistics count queries and their results, and closing refuses later ones`()
    async throws
  {
    backend.set { $0.queryReplies = [self.reply(1...3, .none)] }
    _ = try await datastore.query(query).fetch().value
    #expect(datastore.statistics().queries.count == 1)
    #expect(datastore.statistics().queries.items == 3)
    try await datastore.close()
    let error = await datastore.query(query).fetch().getException() as? DatastoreError
    #expect(error?.code == .failedPrecondition)
  }

  @Test func `Closing waits for a query in flight`() async throws {
    let gate = Promise<Void>()
    backend.set { $0.queryGates = [gate.future] }
    let fetch = datastore.query(query).fetch()
    while backend.queries.isEmpty { await Task.yield() }
    let closing = Future { try await datastore.close() }
    for _ in 0..<1_000 { await Task.yield() }
    #expect(!backend.isClosed)
    gate.succeed(())
    try await closing.value
    #expect(try await fetch.value.isEmpty)
    #expect(backend.isClosed)
  }
}

@Suite struct QueryCursorTests {
  @Test func `A cursor's text is decoded to its bytes, and other texts are refused`() {
    for length in 0..<40 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 83 &+ length) }
      #expect(QueryCursor(text: QueryCursor(bytes: bytes).text)?.bytes == bytes)
    }
    #expect(QueryCursor(bytes: [0xFB, 0xFF]).text == "-_8")
    for text in ["A", "AB=", "A+", "AAAAA", "AB", "ä"] { #expect(QueryCursor(text: text) == nil) }
  }
}
