// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import ArrivalTesting
import Testing

/// What a loop over query results does with the page that is under way.
@Suite struct PagesAheadTests {
  private let manual = ManualExecutor()
  private let backend = ScriptedBackend()
  private let datastore: Datastore

  init() { datastore = Datastore(backend: backend, on: manual.executor) }

  private func reply(_ id: Int64) -> QueryReply {
    let cursor = QueryCursor(bytes: [UInt8(id)])
    let item = QueryReply.Item(entity: Entity(Key("K", id: id)), cursor: cursor)
    return QueryReply(items: [item], endCursor: cursor, more: .afterLimit)
  }

  /// A close waits for pages under way, and these never come by themselves.
  private func expectNothingUnderWay() {
    let closing = Future(on: manual.executor) { [datastore] in try await datastore.close() }
    manual.run()
    #expect(closing.done())
  }

  @Test func `Leaving a loop cancels the page in flight`() throws {
    let never = Promise<Void>()
    backend.set {
      $0.queryReplies = [reply(1)]
      $0.queryGates = [Future(value: ()), never.future]
    }
    let results = datastore.query(Query(kind: "K"), pageSize: 1)
    let loop = Future(on: manual.executor) {
      for try await _ in results { break }
    }
    manual.run()
    try loop.getResult()
    #expect(backend.queries.count == 2)
    expectNothingUnderWay()
  }

  @Test func `A cancelled loop cancels the page that it waits for`() throws {
    let never = Promise<Void>()
    backend.set { $0.queryGates = [never.future] }
    let results = datastore.query(Query(kind: "K"), pageSize: 1)
    let loop = Future(on: manual.executor) {
      for try await _ in results { Issue.record("no page comes") }
    }
    manual.run()
    #expect(backend.queries.count == 1)
    loop.cancel()
    expectNothingUnderWay()
  }
}
