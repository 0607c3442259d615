// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import Testing

/// What pages ask for, and what they say of the results behind them.
@Suite struct QueryPageTests {
  private let backend = ScriptedBackend()
  private let datastore: Datastore
  private let end = QueryCursor(bytes: [1])

  init() { datastore = Datastore(backend: backend) }

  private func reply(_ more: QueryReply.More) -> QueryReply {
    let item = QueryReply.Item(entity: Entity(Key("K", id: 1)), cursor: end)
    return QueryReply(items: [item], endCursor: end, more: more)
  }

  @Test(
    arguments: [
      (.none, false), (.afterCursor, true), (.afterLimit, true),
    ] as [(QueryReply.More, Bool)])
  func `A page has more results unless the backend says that nothing is left`(
    _ more: QueryReply.More, _ hasMore: Bool
  ) async throws {
    backend.set { $0.queryReplies = [reply(more)] }
    let page = try await datastore.query(Query(kind: "K")).page(limit: 1).value
    #expect(page.hasMore == hasMore)
  }

  @Test func `A page with fewer results than its limit is the last, whatever a server says`()
    async throws
  {
    backend.set { $0.queryReplies = [reply(.afterLimit)] }
    let page = try await datastore.query(Query(kind: "K")).page(limit: 2).value
    #expect(!page.hasMore)
  }

  @Test(arguments: [0, -5, 1])
  func `A page of the sequence has at least one result`(_ pageSize: Int) async throws {
    backend.set { $0.queryReplies = [reply(.none)] }
    var found = 0
    for try await _ in datastore.query(Query(kind: "K"), pageSize: pageSize) { found += 1 }
    #expect(found == 1)
    #expect(backend.queries.map(\.limit) == [1])
  }

  @Test func `A reply that ends at the limit is the last`()
    async throws
  {
    for (replies, count) in [([reply(.afterLimit)], 1), ([reply(.notFinished), reply(.none)], 2)] {
      backend.set { $0.queryReplies = replies }
      let before = backend.queries.count
      let found = try await datastore.query(Query(kind: "K")).fetch(limit: 5).value
      #expect(found.count == count)
      #expect(backend.queries.count - before == count)
    }
  }

  @Test func `Nothing is requested after the last result of the limit`() async throws {
    backend.set { $0.queryReplies = [reply(.notFinished)] }
    _ = try await datastore.query(Query(kind: "K")).fetch(limit: 1).value
    #expect(backend.queries.count == 1)
  }

  @Test func `A reply that only skips results is progress`() async throws {
    let passing = QueryReply(items: [], skipped: 2, endCursor: end, more: .notFinished)
    backend.set { $0.queryReplies = [passing, reply(.none)] }
    let query = Query(kind: "K").offset(2).starting(after: end)
    #expect(try await datastore.query(query).fetch().value.count == 1)
    #expect(backend.queries.map(\.offset) == [2, 0])
  }

  @Test func `The context shows the entity of a put with an incomplete key`() async throws {
    try await datastore.withContext { () async throws in
      let key = try await datastore.put(Entity(Key(incomplete: "K"), ["v": 7])).value
      #expect(key.isComplete)
      #expect(try await datastore.get(key).value?["v"] == 7)
    }
    #expect(backend.lookups.isEmpty)
  }
}
