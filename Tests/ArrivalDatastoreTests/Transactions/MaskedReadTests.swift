// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

/// Reads with options inside transactions, and the times of pages.
@Suite struct MaskedReadTests {
  private let backend = InMemoryBackend()
  private let datastore: Datastore
  private let key = Key("Note", id: 1)

  init() { datastore = Datastore(backend: backend) }

  @Test func `A mask in a transaction returns some properties of its state`() async throws {
    let key = key
    _ = try await datastore.put(Entity(key, ["n": 1, "s": "x"])).value
    let options = ReadOptions(propertyMask: ["n"])
    let seen = try await datastore.transaction(.readOnly()) { [datastore] tx in
      let first = try await tx.get(key, options: options).value
      _ = try await datastore.put(Entity(key, ["n": 2])).value
      let all = tx.query(Query(kind: "Note"), options: options)
      return [first, try await tx.get(key, options: options).value]
        + (try await all.fetch().value.map { $0 })
    }.value
    #expect(seen == Array(repeating: Entity(key, ["n": 1]), count: 3))
  }

  @Test func `A masked read counts as a read of the transaction`() async throws {
    let key = key
    let error = await #expect(throws: DatastoreError.self) {
      try await datastore.transaction(retry: RetryPolicy(maxRetries: 0) { _ in true }) {
        [datastore] tx in
        _ = try await tx.get(key, options: ReadOptions(propertyMask: ["n"])).value
        _ = try await datastore.put(Entity(key)).value
        tx.put(Entity(Key("Note", id: 2)))
      }.value
    }
    #expect(error?.code == .aborted)
  }

  @Test func `A mask applies to the transaction's own writes, and hooks see its result`()
    async throws
  {
    let key = key
    let seen = try await datastore.transaction(readsOwnWrites: true) { tx in
      tx.put(Entity(key, ["n": 1, "s": "x"]))
      return try await tx.get(key, options: ReadOptions(propertyMask: ["s"])).value
    }.value
    #expect(seen == Entity(key, ["s": "x"]))
  }

  @Test(arguments: [
    ReadOptions(readTime: Timestamp(microseconds: 1)), ReadOptions(.eventual),
    ReadOptions(.transaction(.begin(.readWrite()))),
  ])
  func `Options that name another state are refused in a transaction`(_ options: ReadOptions)
    async throws
  {
    let key = key
    try await datastore.transaction { tx in
      for refused in [
        tx.get(key, options: options).map { _ in },
        tx.query(Query(kind: "Note"), options: options).fetch().map { _ in },
      ] {
        let error = await #expect(throws: DatastoreError.self) { try await refused.value }
        #expect(error?.code == .invalidArgument)
      }
    }.value
  }

  @Test func `A page says the time at which another read finds the same`() async throws {
    _ = try await datastore.put([Entity(key, ["n": 1]), Entity(Key("Note", id: 2))]).value
    let all = Query(kind: "Note")
    let page = try await datastore.query(all).page(limit: 1).value
    let time = try #require(page.readTime)
    try await datastore.delete(key).value
    let past = ReadOptions(readTime: time)
    let again = try await datastore.query(all, options: past).page(limit: 1).value
    #expect(again.results == page.results && again.readTime == time)
  }

  @Test func `A page of replies from several states has no read time`() async throws {
    let scripted = ScriptedBackend()
    let times = [1, 1, 2].map { Timestamp(microseconds: $0) }
    let replies = times.enumerated().map { number, time in
      QueryReply(
        items: [.init(entity: Entity(key), cursor: QueryCursor(bytes: [UInt8(number)]))],
        endCursor: QueryCursor(bytes: [UInt8(number)]), more: .notFinished, readTime: time)
    }
    scripted.set { $0.queryReplies = replies + replies }
    let query = Datastore(backend: scripted).query(Query(kind: "Note"))
    #expect(try await query.page(limit: 2).value.readTime == times[0])
    #expect(try await query.page(limit: 2).value.readTime == nil)
  }
}
