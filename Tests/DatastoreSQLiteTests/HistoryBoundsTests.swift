// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import DatastoreSQLite
  import Testing

  /// How much of the past a file keeps, and what a read before that says.
  @Suite struct HistoryBoundsTests {
    private let key = Key("Note", id: 1)

    private func store(_ bytes: Int, _ time: Duration = .seconds(3_600)) throws -> SQLiteBackend {
      try SQLiteBackend.inMemory(
        configuration: .init(historyTime: time, maxHistoryBytes: bytes))
    }

    private func write(_ number: Int, _ backend: SQLiteBackend) async throws -> Timestamp {
      let text = Value.string(String(repeating: "x", count: 1_000))
      let entity = Entity(
        key, ["n": .indexed(.integer(Int64(number))), "text": .unindexed(text)])
      return try #require(try await backend.commit([.upsert(entity)]).commitTime)
    }

    private func read(_ time: Timestamp, _ backend: SQLiteBackend) async throws -> Value? {
      let options = ReadOptions(readTime: time)
      return try await backend.lookup([key], options: options).found.first?["n"]
    }

    @Test func `The bound in bytes forgets the oldest states first`() async throws {
      let backend = try store(50_000)
      var times: [Timestamp] = []
      for number in 0..<1_000 { times.append(try await write(number, backend)) }
      var kept = 0
      var earliest: String?
      for (number, time) in times.enumerated().reversed() {
        do {
          #expect(try await read(time, backend) == .integer(Int64(number)))
          #expect(earliest == nil, "a state is kept, and a later one is not")
          kept += 1
        } catch let error as DatastoreError {
          #expect(error.code == .invalidArgument)
          #expect(error.message.contains("no longer kept"))
          earliest = earliest ?? error.message
        }
      }
      // A state takes about 1,100 bytes.
      #expect(30...60 ~= kept)
      let horizon = times[times.count - kept]
      #expect(earliest?.contains("the earliest is that of \(horizon)") == true)
      #expect(try await backend.fileBytes() < 400_000)
      #expect(try await backend.check().problems == [])
      try await backend.close()
    }

    @Test func `Every read before the horizon is refused, and at the horizon none`() async throws {
      let backend = try store(3_000)
      var times: [Timestamp] = []
      for number in 0..<20 { times.append(try await write(number, backend)) }
      let horizon = try #require(
        await firstIndex(times) { (try? await read($0, backend)) != nil }.map { times[$0] })
      let before = Timestamp(microseconds: horizon.microseconds - 1)
      let query = QueryRequest(kind: "Note")
      let count = AggregationRequest(query: query, aggregations: [.count()])
      for (time, isKept) in [(horizon, true), (before, false)] {
        let options = ReadOptions(readTime: time)
        for call in [
          { _ = try await backend.lookup([key], options: options) },
          { _ = try await backend.query(query, options: options) },
          { _ = try await backend.query(QueryRequest(kind: "__kind__"), options: options) },
          { _ = try await backend.aggregate(count, options: options) },
          {
            let id = try await backend.beginTransaction(.readOnly(asOf: time))
            try await backend.rollback(id)
          },
        ] as [() async throws -> Void] {
          if isKept {
            try await call()
          } else {
            let error = await #expect(throws: DatastoreError.self) { try await call() }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("\(horizon)") == true)
          }
        }
      }
      try await backend.close()
    }

    @Test func `Without history only the present state can be read`() async throws {
      let backend = try store(1 << 30, .zero)
      let first = try await write(1, backend)
      let second = try await write(2, backend)
      #expect(try await read(second, backend) == 2)
      await #expect(throws: DatastoreError.self) { try await read(first, backend) }
      try await backend.close()
    }

    private func firstIndex(
      _ times: [Timestamp], _ isWanted: (Timestamp) async -> Bool
    ) async -> Int? {
      for (index, time) in times.enumerated() where await isWanted(time) { return index }
      return nil
    }
  }
#endif
