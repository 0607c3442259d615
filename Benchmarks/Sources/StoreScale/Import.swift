// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore
internal import DatastoreSQLite
internal import Foundation

/// Puts rows of five strings, one future per row, like a program that imports a table.
struct Import {
  /// How many futures may be pending. It bounds the memory, and is enough for several commits.
  private static let window = 8_000

  let count: Int
  let isIndexed: Bool
  /// How many commits may run at once. `nil` for the default.
  let commits: Int?
  /// Whether there is also an index of two properties.
  var withPair = false

  func run() async throws {
    let scratch = try Scratch()
    let before = peakMemory()
    let writtenBefore = bytesWritten()
    let computedBefore = processorTime()
    var configuration = DatastoreConfiguration.default
    if let commits { configuration.maxConcurrentCommits = commits }
    let backend = try SQLiteBackend(path: scratch.path)
    if withPair {
      try await backend.createIndex(.init(kind: "Row", [QueryOrder("code"), QueryOrder("city")]))
    }
    let datastore = Datastore(backend: backend, configuration: configuration)
    let time = try await ContinuousClock().measure {
      try await Future { try await put(datastore) }.value
    }
    let closing = try await ContinuousClock().measure { try await datastore.close() }
    let commits = datastore.statistics().commits
    let indexes =
      (isIndexed ? "all indexed" : "none indexed") + (withPair ? ", and two together" : "")
    let sizes = commits.sizes.sorted { $0.key > $1.key }.prefix(3)
      .map { "\($0.value) of \($0.key)" }.joined(separator: ", ")
    print(
      """
      import of \(count) rows of five strings, \(indexes)
        \(Int(Double(count) / time.seconds)) rows/s (\(time)), closing took \(closing)
        peak memory \(peakMemory() >> 20) MiB, of which \(before >> 20) before the start
        \(Int((processorTime() - computedBefore) * 1e6) / count) µs of processor time a row, \
      \((bytesWritten() - writtenBefore) / count) bytes written a row, log and file
        \(scratch.bytes / count) bytes of file an entity
        \(commits.count) commits, by size: \(sizes)
      """)
  }

  private func put(_ datastore: Datastore) async throws {
    var pending: [Future<Key>] = []
    for i in 0..<count {
      var entity = Entity(Key("Row", id: Int64(i + 1)))
      let fields = [
        ("code", "c\(i % 977)"), ("city", "City \(i)"), ("region", "Region \(i % 53)"),
        ("comment", "comment \(UInt32(truncatingIfNeeded: i &* 2_654_435_761))"),
        ("source", "source \(i % 7)"),
      ]
      for (name, text) in fields {
        entity.properties[name] = isIndexed ? .indexed(.string(text)) : .unindexed(.string(text))
      }
      pending.append(datastore.put(entity))
      if pending.count == Self.window { try await drain(&pending, to: Self.window / 2) }
    }
    try await drain(&pending, to: 0)
  }

  private func drain(_ pending: inout [Future<Key>], to count: Int) async throws {
    let oldest = pending.count - count
    for future in pending[..<oldest] { _ = try await future.value }
    pending.removeFirst(oldest)
  }
}
