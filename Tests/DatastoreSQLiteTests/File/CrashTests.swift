#if SQLite
  import Arrival
  import ArrivalDatastore
  import Foundation
  import Testing

  @testable import DatastoreSQLite

  /// What the disk holds after processes were killed, or wrote at the same time.
  @Suite(.serialized) struct CrashTests {
    private static let size = 50

    /// `ARRIVAL_STRESS=1` makes it 200 kills, and 50 processes that write at once.
    private static let isFull = ProcessInfo.processInfo.environment["ARRIVAL_STRESS"] == "1"
    private static let underWay = 4

    @Test(
      "After kill -9 at any moment, what was acknowledged is whole and nothing is there by half")
    func killAtRandomMoments() async throws {
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
        // A kill right at the line would always find the next commits not yet begun.
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

    @Test("Processes that create one file and write to it at once all succeed")
    func manyProcesses() async throws {
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

    @Test("A process that is killed holds up no other")
    func killedBesideOthers() async throws {
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

    @Test("A second backend that comes and goes in this process takes no lock of the first away")
    func secondBackend() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let backend = try SQLiteBackend(path: path)
      var keys: [Key] = []
      for round in 1...5 {
        try await SQLiteBackend(path: path).close()
        // A process that saw no lock would take itself for the last one and remove the log.
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

    /// All acknowledged batches are there, those that were under way wholly or not at all, and file
    /// and index are sound.
    private func check(_ path: String, _ acknowledged: [String: Int]) async throws {
      let backend = try SQLiteBackend(path: path)
      for (prefix, last) in acknowledged where last > 0 {
        for batch in 1...last + Self.underWay {
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
