// SPDX-License-Identifier: Apache-2.0
#if SQLite
  import Arrival
  import ArrivalDatastore
  import Foundation
  import GRDB
  import Testing

  @testable import DatastoreSQLite

  /// What a file with history has after processes were killed, and what a check says of damage.
  @Suite(.serialized) struct HistoryCrashTests {
    private static let size = 10
    private static let inFlight: Int64 = 4

    /// `ARRIVAL_STRESS=1` kills 100 times.
    private static let rounds =
      ProcessInfo.processInfo.environment["ARRIVAL_STRESS"] == "1" ? 100 : 6

    private struct Commit {
      var time: Timestamp
      var count: Int64

      init?(_ line: String) {
        let numbers = line.split(separator: " ").compactMap { Int64($0) }
        guard numbers.count == 3 else { return nil }
        (time, count) = (Timestamp(microseconds: numbers[1]), numbers[2])
      }
    }

    private static let counter = Key("Row", name: "counter")

    private static var configuration: SQLiteBackend.Configuration {
      var configuration = SQLiteBackend.Configuration()
      configuration.historyTime = .seconds(3_600)
      return configuration
    }

    @Test func `A kill loses no acknowledged increment and no earlier state`() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      var generator = SeededGenerator(seed: 16)
      var commits: [Commit] = []
      for _ in 0..<Self.rounds {
        let helper = try HelperProcess(
          path: path, prefix: "history", last: 200, size: Self.size)
        #expect(helper.readLine() == "open")
        for _ in 0...Int.random(in: 0..<30, using: &generator) {
          if let commit = helper.readLine().flatMap(Commit.init) { commits.append(commit) }
        }
        // Right after a line, the next commits have not begun. So wait for a random time.
        let moment = Duration.microseconds(Int.random(in: 0..<8_000, using: &generator))
        let clock = ContinuousClock()
        let start = clock.now
        while clock.now - start < moment {}
        helper.stop()
        while let line = helper.readLine() {
          if let commit = Commit(line) { commits.append(commit) }
        }
        try await check(path, commits)
      }
    }

    private func check(_ path: String, _ commits: [Commit]) async throws {
      let backend = try SQLiteBackend(path: path, configuration: Self.configuration)
      let report = try await backend.check()
      try #require(report.problems == [])
      let last = try #require(commits.map(\.count).max())
      let found = try await backend.lookup([Self.counter]).found.first?["count"]?.integerValue
      let count = try #require(found)
      // Each process may have left commits in flight that were written and not acknowledged.
      try #require(last...last + Self.inFlight ~= count)
      try #require(Set(commits.map(\.count)).count == commits.count)
      // The state at the time of a commit has its count, and each group of entities of one batch.
      for commit in commits.suffix(40) + commits.prefix(10) {
        let options = ReadOptions(readTime: commit.time)
        let then = try await backend.lookup([Self.counter], options: options)
        try #require(then.found.first?["count"]?.integerValue == commit.count)
        try #require(then.found.first?.updateTime == commit.time)
        var query = QueryRequest(kind: "Row")
        query.filter = .property("batch", .greaterThan, 0)
        let rows = try await backend.query(query, options: options).items.map(\.entity)
        let groups = Dictionary(grouping: rows) { $0.key?.name?.split(separator: "-")[1] ?? "" }
        for group in groups.values {
          try #require(group.count == Self.size)
          try #require(Set(group.map { $0["batch"] }).count == 1)
        }
      }
      try await backend.close()
    }

    @Test(
      arguments: [
        ("UPDATE history SET data = x'02' WHERE id = 1", "cannot be read"),
        ("UPDATE history SET ended = updated WHERE id = 1", "times of an earlier state"),
        ("UPDATE history SET updated = 0, age = -1 WHERE id = 2", "times of an earlier state"),
        ("UPDATE entity SET updated = 1", "older than its history"),
        ("UPDATE clock SET history = history + 1", "The history takes"),
        ("DELETE FROM history WHERE id = 1", "The history takes"),
        ("UPDATE clock SET committed = 1", "later than the last commit"),
      ])
    func `A check finds damage of the history`(_ sql: String, _ problem: String) async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("store")
      let backend = try SQLiteBackend(path: path, configuration: Self.configuration)
      for number in 1...3 {
        _ = try await backend.commit([
          .upsert(Entity(Key("K", id: 1), ["n": .indexed(.integer(Int64(number)))]))
        ])
      }
      let sound = try await backend.check()
      #expect(sound.problems == [] && sound.historyRows == 2)
      try await backend.close()
      try await DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
      let damaged = try SQLiteBackend(path: path, configuration: Self.configuration)
      let report = try await damaged.check()
      #expect(report.problems.contains { $0.contains(problem) }, "\(report.problems)")
      try await damaged.close()
    }
  }
#endif
