// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import Foundation
  import Testing

  @testable import DatastoreSQLite

  /// What a file has after processes were killed, or wrote at the same time.
  @Suite(.serialized) struct CrashTests {
    private static let size = 50

    /// `ARRIVAL_STRESS=1` kills 200 times, and has 50 processes write at once.
    private static let isFull = ProcessInfo.processInfo.environment["ARRIVAL_STRESS"] == "1"
    private static let inFlight = 4

    @Test func `A kill at any moment leaves acknowledged commits whole, and no half ones`()
      async throws
    {
      let rounds = Self.isFull ? 200 : 12
      var generator = SeededGenerator(seed: 8)
      var folder = try TemporaryFolder()
      var acknowledged: [String: Int] = [:]
      for round in 0..<rounds {
        if round % 10 == 0 {
          folder = try TemporaryFolder()
          acknowledged = [:]
        }
        let path = folder.file("store")
        let helper = try HelperProcess(
          path: path, prefix: "\(round)", last: 200, size: Self.size)
        #expect(helper.readLine() == "open")
        var last: String?
        for _ in 0...Int.random(in: 0..<60, using: &generator) { last = helper.readLine() }
        // Right after a line, the next commits have not begun. So wait for a random time.
        let moment = Duration.microseconds(Int.random(in: 0..<8_000, using: &generator))
        let clock = ContinuousClock()
        let start = clock.now
        while clock.now - start < moment {}
        helper.stop()
        while let line = helper.readLine() { last = line }
        let number: Int = try #require(last.flatMap { Int($0) }, "\(last ?? "nothing")")
        acknowledged["\(round)"] = number

        try await check(path, acknowledged)
      }
    }

    @Test func `Processes that create one file and write to it at once all succeed`() async throws {
      for _ in 0..<(Self.isFull ? 1 : 2) {
        let folder = try TemporaryFolder()
        let path = folder.file("store")
        let prefixes = (0..<(Self.isFull ? 50 : 4)).map { "p\($0)" }
        let helpers = try prefixes.map {
          try HelperProcess(path: path, prefix: $0, last: 20, size: Self.size)
        }
        for helper in helpers {
          #expect(helper.readToEnd() == ["open"] + (1...20).map(String.init) + ["closed"])
        }
        try await check(path, Dictionary(uniqueKeysWithValues: prefixes.map { ($0, 20) }))
      }
    }

    @Test func `A killed process does not delay others`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let backend = try SQLiteBackend(path: path)
      for round in 0..<5 {
        let helper = try HelperProcess(
          path: path, prefix: "\(round)", last: 1_000_000, size: Self.size)
        #expect(helper.readLine() == "open")
        let ours = (0..<5).map { batch in
          Mutation.upsert(Entity(Key("Row", name: "ours-\(round)-\(batch)")))
        }
        _ = try await backend.commit(ours)
        _ = helper.readLine()
        helper.stop()
        _ = try await backend.commit(ours)
        #expect(try await backend.lookup(ours.compactMap(\.key)).found.count == 5)
      }
      try await backend.close()
    }

    @Test func `A second backend in this process takes no lock of the first away`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let backend = try SQLiteBackend(path: path)
      var keys: [Key] = []
      for round in 1...5 {
        try await SQLiteBackend(path: path).close()
        // A process that sees no lock takes itself for the last one, and removes the log.
        let helper = try HelperProcess(path: path, prefix: "\(round)", last: 1, size: Self.size)
        #expect(helper.readToEnd().last == "closed")
        keys += try await backend.commit([.insert(Entity(Key("Row", name: "ours-\(round)")))]).keys
        #expect(try await backend.lookup(keys).found.count == round)
      }
      try await check(path, ["1": 1, "5": 1])
      #expect(try await backend.lookup(keys).found.count == 5)
      try await backend.close()
      try await check(path, ["1": 1, "5": 1])
    }

    /// Expects all acknowledged batches, those in flight whole or not at all, and a sound file.
    private func check(_ path: String, _ acknowledged: [String: Int]) async throws {
      let backend = try SQLiteBackend(path: path)
      for (prefix, last) in acknowledged where last > 0 {
        for batch in 1...last + Self.inFlight {
          let keys = (0..<Self.size).map { Key("Row", name: "\(prefix)-\(batch)-\($0)") }
          let found = try await backend.lookup(keys).found
          try #require(found.allSatisfy { $0["batch"] == .integer(Int64(batch)) })
          let isWhole = found.count == Self.size
          try #require(
            isWhole || (batch > last && found.isEmpty),
            "batch \(batch) of \(prefix), \(last) acknowledged: \(found.count) entities")
        }
      }
      let verdict = try await StoreAudit.verdict(backend)
      #expect(verdict == .sound)
      try await backend.close()
    }
  }
#endif
