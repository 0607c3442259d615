// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import Testing

  @testable import DatastoreSQLite

  /// Every short sequence of calls to a bulk transaction, beside a model of it.
  @Suite struct BulkTransactionStatesTests {
    private enum Call: CaseIterable {
      case write, writeThatFails, commit
    }

    /// What a transaction is expected to do. A pure value.
    private struct Model {
      private var isOver = false
      private var written: Set<Int64> = []
      private(set) var stored: Set<Int64> = []

      /// - Returns: Whether the call succeeds.
      mutating func take(_ call: Call, id: Int64) -> Bool {
        if isOver { return false }
        switch call {
        case .write: written.insert(id)
        case .writeThatFails: isOver = true
        case .commit:
          isOver = true
          stored = written
        }
        return call != .writeThatFails
      }
    }

    private static func sequences(upTo length: Int) -> [[Call]] {
      if length == 0 { return [[]] }
      let shorter = sequences(upTo: length - 1)
      let longest = shorter.filter { $0.count == length - 1 }
      return shorter + longest.flatMap { calls in Call.allCases.map { calls + [$0] } }
    }

    private static let existing = Key("Existing", id: 1)

    private static func perform(
      _ call: Call, _ bulk: BulkTransaction, id: Int64
    ) async -> Bool {
      do {
        switch call {
        case .write: _ = try await bulk.write([.upsert(Entity(Key("K", id: id), ["n": 1]))])
        case .writeThatFails: _ = try await bulk.write([.insert(Entity(existing))])
        case .commit: try await bulk.commit()
        }
        return true
      } catch {
        return false
      }
    }

    private static func stored(in backend: SQLiteBackend) async throws -> Set<Int64> {
      let keys = try await Datastore(backend: backend).query(Query(kind: "K").keysOnly()).fetch()
        .value
      return Set(keys.compactMap(\.id))
    }

    private func eachSequence(
      upTo length: Int, _ body: ([Call], SQLiteBackend) async throws -> Void
    ) async throws {
      for calls in Self.sequences(upTo: length) {
        let backend = try SQLiteBackend.inMemory()
        _ = try await Datastore(backend: backend).put(Entity(Self.existing)).value
        try await body(calls, backend)
        // The writer's thread is free again, and the index fits the entities.
        _ = try await Datastore(backend: backend).put(Entity(Key("After", id: 1))).value
        #expect(try await backend.check().problems.isEmpty)
        try await backend.close()
      }
    }

    @Test func `Each sequence of calls does what the model does, and a dropped one writes nothing`()
      async throws
    {
      try await eachSequence(upTo: 5) { calls, backend in
        var model = Model()
        do {
          let bulk = try backend.beginBulk()
          for (index, call) in calls.enumerated() {
            let succeeds = await Self.perform(call, bulk, id: Int64(index + 1))
            #expect(succeeds == model.take(call, id: Int64(index + 1)), "\(calls)")
          }
        }
        #expect(try await Self.stored(in: backend) == model.stored, "\(calls)")
      }
    }

    @Test func `Calls at the same time all return, and what they wrote is stored wholly or not`()
      async throws
    {
      try await eachSequence(upTo: 4) { calls, backend in
        var results: [Int: Bool] = [:]
        do {
          let bulk = try backend.beginBulk()
          results = await withTaskGroup(of: (Int, Bool).self) { group in
            for (index, call) in calls.enumerated() {
              group.addTask { (index, await Self.perform(call, bulk, id: Int64(index + 1))) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
          }
        }
        #expect(results.count == calls.count)
        let commits = calls.indices.count { calls[$0] == .commit && results[$0] == true }
        let written = calls.indices.filter { calls[$0] == .write && results[$0] == true }
        #expect(commits <= 1)
        #expect(
          try await Self.stored(in: backend)
            == (commits == 1 ? Set(written.map { Int64($0 + 1) }) : []), "\(calls) \(results)")
      }
    }
  }
#endif
