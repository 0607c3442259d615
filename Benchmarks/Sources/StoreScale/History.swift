// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore
internal import DatastoreSQLite
internal import Foundation

/// Inserts entities and overwrites each of them once, with an hour of history or without.
struct History {
  private static let size = 500

  let count: Int
  let isKept: Bool

  func run() async throws {
    let scratch = try Scratch()
    var configuration = SQLiteBackend.Configuration()
    if isKept {
      configuration.historyTime = .seconds(3_600)
      configuration.maxHistoryBytes = 64 << 30
    }
    let backend = try SQLiteBackend(path: scratch.path, configuration: configuration)
    print(
      "\(count) entities of five properties, three indexed, 500 in a commit, "
        + (isKept ? "one hour of history" : "no history"))
    var bytes = 0
    for round in 0..<2 {
      let (commits, computed) = try await measure {
        for start in stride(from: 0, to: count, by: Self.size) {
          let end = min(start + Self.size, count)
          _ = try await backend.commit((start..<end).map { mutation($0, round) })
        }
      }
      let size = try size(scratch.path)
      print(
        """
          \(round == 0 ? "inserting  " : "overwriting") \
        \(Int(commits * 1e6 / Double(count))) µs, \
        \(Int(computed * 1e6 / Double(count))) µs of processor time, and \
        \((size - bytes) / count) bytes an entity
        """)
      bytes = size
    }
    try await backend.close()
    print("  closed: \(scratch.bytes / count) bytes an entity")
  }

  private func mutation(_ i: Int, _ round: Int) -> Mutation {
    .upsert(
      Entity(
        Key("Row", id: Int64(i + 1)),
        [
          "code": .indexed(.string("c\((i + round) % 977)")),
          "city": .indexed(.string("City \(i % 5_000)")),
          "n": .indexed(.integer(Int64(i + round))),
          "comment": .unindexed(
            .string("comment \(UInt32(truncatingIfNeeded: i &* 2_654_435_761))")),
          "source": .unindexed(.string("a source of this entity, \(i % 7)")),
        ]))
  }

  private func measure(_ body: () async throws -> Void) async throws -> (Double, Double) {
    let computed = processorTime()
    let time = try await ContinuousClock().measure(body)
    return (time.seconds, processorTime() - computed)
  }

  /// File and log together.
  private func size(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
    return (attributes[.size] as? Int ?? 0) + (log?[.size] as? Int ?? 0)
  }
}
