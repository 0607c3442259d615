// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalFormats
  import ArrivalDatastore
  import DatastoreSQLite
  import Testing

  @testable import quickstart

  @Suite struct MainJobTests {
    private func run(
      _ table: String, on backend: any DatastoreBackend
    ) throws -> (summary: Summary, log: ProblemLog) {
      let log = ProblemLog(
        ProgressPrinter(descriptor: -1, isTerminal: false), source: "table.csv",
        command: "quickstart")
      let datastore = Datastore(backend: backend)
      let reader = try TableReader(.bytes(Array(table.utf8), name: "table.csv"))
      let summary = try MainJob(datastore: datastore, kind: "row", log: log).run(reader)
      return (summary, log)
    }

    @Test func `The main job stores each row as an entity of its own, under its line`() throws {
      let backend = try SQLiteBackend.inMemory()
      let (summary, log) = try run("name,zone\nAnn,Europe/Oslo\n\"B,b\",\n", on: backend)
      #expect(summary.rowsStored == 2 && summary.rowsReadBack == 2 && log.count == 0)
      let datastore = Datastore(backend: backend)
      #expect(
        try datastore.get(Key("row", id: 3)).getResult()
          == Entity(
            Key("row", id: 3), ["name": .unindexed("B,b"), "zone": .unindexed("")]))
    }

    @Test func `The main job serves thousands of futures by a few RPCs`() throws {
      let rows = (1...2_500).map { "\($0),row \($0)\n" }.joined()
      let (summary, log) = try run("number,text\n" + rows, on: SQLiteBackend.inMemory())
      #expect(log.count == 0)
      #expect(summary.rowsStored == 2_500 && summary.rowsReadBack == 2_500)
      #expect(summary.futures == 7_500)
      // 500 to a commit and 1,000 to a lookup would be 8; a busy machine may cut a few smaller.
      #expect(summary.calls.map(\.count).reduce(0, +) <= 30)
      #expect(summary.firstArrival?.hasPrefix("line ") == true)
    }

    @Test
    func `The main job reports a malformed row and one beyond the limits, and stores the rest`()
      throws
    {
      let long = String(repeating: "x", count: 1_400_000 / 2)
      let table = "a,b\n1,2\nonly one\n\(long),\(long)\n3,4\n"
      let (summary, log) = try run(table, on: SQLiteBackend.inMemory())
      #expect(summary.rowsStored == 2 && summary.rowsReadBack == 2)
      #expect(log.count == 2 && summary.problemRows == 2)
    }

    @Test func `The main job ends with the database's error when the database fails`() {
      #expect(throws: DatastoreError.self) {
        try run("a\n1\n2\n", on: FullBackend())
      }
    }

    @Test func `The main job notices a row that comes back changed`() throws {
      let backend = try ForgetfulBackend()
      let (summary, log) = try run("a\n1\n2\n3\n", on: backend)
      #expect(summary.rowsStored == 3 && summary.rowsReadBack == 2 && log.count == 1)
    }
  }

  /// A backend whose disk is full.
  private struct FullBackend: DatastoreBackend {
    func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      LookupReply(found: [])
    }
    func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      throw DatastoreError(.resourceExhausted, "The disk is full.")
    }
    func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      QueryReply(items: [], endCursor: QueryCursor(bytes: []), more: .none)
    }
    func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      AggregationReply(values: [])
    }
    func close() async throws {}
  }

  /// A backend that gives the entity of line 3 with another value.
  private struct ForgetfulBackend: DatastoreBackend {
    let inner: SQLiteBackend

    init() throws { inner = try .inMemory() }

    func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      var reply = try await inner.lookup(keys, options: options)
      for index in reply.found.indices where reply.found[index].key?.id == 3 {
        reply.found[index]["a"] = "other"
      }
      return reply
    }
    func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      try await inner.commit(mutations, in: transaction)
    }
    func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      try await inner.query(request, options: options)
    }
    func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      try await inner.aggregate(request, options: options)
    }
    func close() async throws { try await inner.close() }
  }
#endif
