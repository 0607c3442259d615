// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalFormats
  import ArrivalTesting
  import ArrivalDatastore
  import Testing

  @testable import ArrivalTool

  /// What imports and exports ask of the datastore, and when.
  struct TransferJobTests {
    /// Entities made one by one, as if they stood on the lines of a file.
    private struct Lines: EntitySource {
      let count: Int
      let backend: CountingBackend
      let entity: (Int) -> Entity
      var line = 0

      mutating func next() -> SourceItem? {
        guard line < count else { return nil }
        line += 1
        let entity = entity(line)
        backend.read(entity)
        return .entity(entity, line: line)
      }
    }

    /// Says how large chunks are.
    private let target = DatastoreTarget { throw CancellationError() }

    private let backend = CountingBackend()
    private let log = ProblemLog(ProgressPrinter(), source: "test", command: "arrival")

    /// Imports entities, as a tasklet, for it blocks.
    private func importing(
      _ count: Int, on executor: TaskletExecutor? = nil,
      _ entity: @escaping @Sendable (Int) -> Entity
    ) -> Future<Int> {
      let datastore = Datastore(
        backend: backend, configuration: .init(maxConcurrentCommits: 16), on: executor)
      return Future("import", on: executor) { [backend, log] in
        var job = ImportJob(
          target: DatastoreTarget { datastore }, log: log, isStopped: { false })
        var lines = Lines(count: count, backend: backend, entity: entity)
        return try job.run(&lines).stored
      }
    }

    @Test func `The later of two lines with one key wins, also across chunks`()
      async throws
    {
      // The first line of each chunk but one has the key of the last line of the chunk before.
      let size = target.maxEntities
      let key = { @Sendable (line: Int) in
        Key("K", id: Int64(line % size == 1 ? max(line - 1, 1) : line))
      }
      for _ in 0..<10 {
        let count = importing(10 * size) { line in
          Entity(key(line), ["line": .unindexed(.integer(Int64(line)))])
        }
        #expect(try await count.value == 10 * size - 9)
        for line in stride(from: size + 1, to: 10 * size, by: size) {
          #expect(backend.entity(key(line))?["line"] == .integer(Int64(line)))
        }
      }
    }

    @Test func `Only a few large entities are in memory at a time`() throws {
      // One thread: nothing is written before the import has to wait for it.
      let manual = ManualExecutor()
      let text = Value.string(String(repeating: "x", count: 1_000_000))
      let count = importing(200, on: manual.executor) { line in
        Entity(Key("K", id: Int64(line)), ["text": .unindexed(text)])
      }
      manual.run()
      #expect(try count.getResult() == 200)
      // One chunk is stored while the next one is read.
      let bound = 2 * (target.maxBytes + 1_100_000)
      #expect(backend.mostHeld <= bound)
    }

    @Test func `A page of an export is one reply`()
      async throws
    {
      let results = Datastore(backend: backend).query(Query(kind: "K"))
      let pages = Future {
        var pages: [[Int64?]] = []
        try Pages(results: results, limit: nil).read { pages.append($0.map { $0.key?.id }) }
        return pages
      }
      #expect(try await pages.value == [[1, 2, 3], [4, 5, 6]])
    }

    @Test func `Pages ask for no more results than are wanted, and for none beyond them`()
      async throws
    {
      let results = Datastore(backend: backend).query(Query(kind: "K"))
      for (limit, limits) in [(3, [3]), (5, [5, 2]), (0, [])] {
        let before = backend.limits.count
        let pages = Future {
          try Pages(results: results, limit: limit).read { _ in }
        }
        try await pages.value
        #expect(Array(backend.limits.dropFirst(before)) == limits)
      }
    }

    @Test func `A line that cannot be read ends what was begun before it is thrown`() async throws {
      struct Unreadable: Error {}
      struct Failing: EntitySource {
        var lines: Lines
        mutating func next() throws -> SourceItem? {
          guard let next = lines.next() else { throw Unreadable() }
          return next
        }
      }
      let count = 2 * target.maxEntities
      let future = Future { [backend, log] in
        let datastore = Datastore(backend: backend)
        var job = ImportJob(
          target: DatastoreTarget { datastore }, log: log, isStopped: { false })
        var lines = Failing(
          lines: Lines(count: count, backend: backend) { Entity(Key("K", id: Int64($0))) })
        return try job.run(&lines).stored
      }
      #expect(await future.getException() is Unreadable)
      // All that was read is written by then.
      #expect(backend.held == 0)
    }
  }

  /// Keeps the last of each key, and counts the bytes that were read from a file and not yet
  /// written.
  private final class CountingBackend: DatastoreBackend {
    private struct State {
      var entities: [Key: Entity] = [:]
      var held = 0
      var mostHeld = 0
      var limits: [Int?] = []
    }

    private let state = Lock(State())

    var held: Int { state.withLock { $0.held } }
    /// Those of the queries, in order.
    var limits: [Int?] { state.withLock { $0.limits } }
    var mostHeld: Int { state.withLock { $0.mostHeld } }

    func entity(_ key: Key) -> Entity? { state.withLock { $0.entities[key] } }

    func read(_ entity: Entity) {
      state.withLock { state in
        state.held += entity.storageSize
        state.mostHeld = max(state.mostHeld, state.held)
      }
    }

    func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
      LookupReply(found: [])
    }

    func commit(
      _ mutations: [Mutation], in transaction: TransactionSelector?
    ) async throws -> CommitReply {
      state.withLock { state in
        for entity in mutations.compactMap(\.entity) {
          state.held -= entity.storageSize
          state.entities[entity.key!] = entity
        }
      }
      return CommitReply(keys: mutations.map { $0.key! })
    }

    /// At most three results in each of two replies.
    func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
      state.withLock { $0.limits.append(request.limit) }
      let first: Int64 = request.startCursor == nil ? 1 : 4
      return QueryReply(
        items: (first..<first + Int64(min(request.limit ?? 3, 3))).map { id in
          QueryReply.Item(
            entity: Entity(Key("K", id: id)), cursor: QueryCursor(bytes: [UInt8(id)]))
        },
        endCursor: QueryCursor(bytes: [UInt8(first + 2)]), more: first == 1 ? .notFinished : .none)
    }

    func aggregate(
      _ request: AggregationRequest, options: ReadOptions
    ) async throws -> AggregationReply {
      AggregationReply(values: [])
    }

    func close() async throws {}
  }
#endif
