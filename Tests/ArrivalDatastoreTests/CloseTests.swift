// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import ArrivalTesting
import Testing

/// What closing finishes and what it refuses; each race is one order of calls on a manual executor.
@Suite struct CloseTests {
  private let manual = ManualExecutor()
  private let backend = ScriptedBackend()
  private let datastore: Datastore

  init() { datastore = Datastore(backend: backend, on: manual.executor) }

  private var query: Query<Entity> { Query(kind: "K") }

  private func reply(_ ids: ClosedRange<Int64>, _ more: QueryReply.More) -> QueryReply {
    let items = ids.map { id in
      QueryReply.Item(
        entity: Entity(Key("K", id: id)), cursor: QueryCursor(bytes: [UInt8(id)]))
    }
    return QueryReply(
      items: items, endCursor: QueryCursor(bytes: [UInt8(ids.upperBound)]), more: more)
  }

  /// Runs `ask`, and closes the datastore before anything that it has asked for could begin.
  private func closing<Value: Sendable>(
    _ ask: @escaping @Sendable (Datastore) -> Future<Value>
  ) throws -> Result<Value, any Error> {
    let future = Future(on: manual.executor) { [datastore] in
      let future = ask(datastore)
      try await datastore.close()
      return await future.result
    }
    manual.run()
    #expect(backend.isClosed)
    return try future.getResult()
  }

  @Test func `A fetch requested before the close completes with all of its requests`() throws {
    backend.set { $0.queryReplies = [self.reply(1...2, .notFinished), self.reply(3...3, .none)] }
    let query = query
    let found = try closing { $0.query(query).fetch() }.get()
    #expect(found.map(\.key?.id) == [1, 2, 3])
    #expect(
      (datastore.query(query).fetch().getException() as? DatastoreError)?.code
        == .failedPrecondition)
  }

  @Test func `A page and an aggregation requested before the close complete`() throws {
    backend.set { $0.queryReplies = [self.reply(1...2, .none)] }
    let query = query
    #expect(try closing { $0.query(query).page(limit: 5) }.get().results.count == 2)
    let late = datastore.query(query).page(limit: 5)
    #expect(late.done() && late.getException() is DatastoreError)
  }

  @Test func `A count requested before the close completes`() throws {
    backend.set { $0.aggregationReplies = [AggregationReply(values: [7])] }
    let query = query
    #expect(try closing { $0.query(query).count() }.get() == 7)
  }

  @Test func `A transaction and a reservation requested before the close complete`() throws {
    let transactional = TransactionalBackend()
    let datastore = Datastore(backend: transactional, on: manual.executor)
    let key = Key("K", id: 1)
    let future = Future(on: manual.executor) {
      let transaction = datastore.transaction { tx in
        _ = try await tx.get(key).value
        tx.put(Entity(key))
        return 5
      }
      let reservation = datastore.reserveIDs([key])
      try await datastore.close()
      return (await transaction.result, await reservation.result)
    }
    manual.run()
    let (transaction, reservation) = try future.getResult()
    #expect(try transaction.get() == 5)
    #expect(throws: Never.self) { try reservation.get() }
    #expect(transactional.calls.last == "close")
    #expect(transactional.calls.contains("reserve 1"))
  }

  @Test func `Cancelled and refused calls do not delay the close`() throws {
    let query = query
    _ = try closing { datastore in
      let future = datastore.query(query).fetch()
      future.cancel()
      return future
    }
    let stopped = ManualExecutor()
    stopped.executor.shutdown()
    let datastore = Datastore(backend: ScriptedBackend(), on: stopped.executor)
    #expect(datastore.query(query).fetch().getException() is ExecutorShutDown)
    #expect(datastore.transaction { _ in }.getException() is ExecutorShutDown)
    #expect(datastore.reserveIDs([]).getException() is ExecutorShutDown)
    let closing = Future(on: manual.executor) { try await datastore.close() }
    manual.run()
    #expect(closing.done())
  }

  @Test func `A sequence returns the page requested before the close, and then fails`() throws {
    backend.set { state in
      state.queryReplies = [
        self.reply(1...2, .afterLimit), self.reply(3...4, .afterLimit), self.reply(5...5, .none),
      ]
    }
    let results = datastore.query(query, pageSize: 2)
    let future = Future(on: manual.executor) { [datastore] in
      var iterator = results.makeAsyncIterator()
      var found: [Int64?] = [try await iterator.next()?.key?.id]
      // The second page is under way; nobody reads it before the close.
      try await datastore.close()
      for _ in 2...4 { found.append(try await iterator.next()?.key?.id) }
      do {
        _ = try await iterator.next()
        Issue.record("a failure was expected")
      } catch let error as DatastoreError {
        #expect(error.code == .failedPrecondition)
      }
      #expect(try await iterator.next() == nil)
      return found
    }
    manual.run()
    #expect(try future.getResult() == [1, 2, 3, 4])
    #expect(backend.queries.count == 2)
  }

  @Test func `An abandoned sequence does not delay the close`() throws {
    backend.set { state in
      state.queryReplies = Array(repeating: self.reply(1...2, .afterLimit), count: 4)
    }
    let results = datastore.query(query, pageSize: 2)
    let future = Future(on: manual.executor) { [datastore] in
      var kept = results.makeAsyncIterator()
      _ = try await kept.next()
      for try await _ in results { break }
      try await datastore.close()
      _ = try await kept.next()
    }
    manual.run()
    #expect(future.done() && backend.isClosed)
  }
}
