// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore
internal import DatastoreSQLite

extension Comparison {
  public static let datastore = [puts, gets, transactions, contendedTransactions]

  static let puts = Comparison(
    "datastore, put of a row of five strings", operations: BenchmarkRow.count, rounds: 7,
    targets: [.times(0.8, peer: "GRDB, transactions of 500")],
    [
      Contender(preparing: "Arrival") { _ in
        let store = try Store()
        return { store.put(BenchmarkRow.all) }
      },
      Contender(preparing: "GRDB, transactions of 500") { _ in
        let folder = try ScratchFolder()
        let straight = try StraightGRDB(path: folder.database)
        return {
          try straight.write(BenchmarkRow.all)
          use(folder)
        }
      },
    ])

  static let gets = Comparison(
    "datastore, get of a row of five strings", operations: BenchmarkRow.count, rounds: 7,
    targets: [.times(0.8, peer: "GRDB, a query a row")],
    [
      Contender(preparing: "Arrival") { _ in
        let store = try Store()
        store.put(BenchmarkRow.all)
        return { store.get(BenchmarkRow.all) }
      },
      Contender(preparing: "GRDB, a query a row") { _ in
        let folder = try ScratchFolder()
        let straight = try StraightGRDB(path: folder.database)
        try straight.write(BenchmarkRow.all)
        return {
          try straight.readEach(BenchmarkRow.all)
          use(folder)
        }
      },
      Contender(preparing: "GRDB, a query for 1,000 rows") { _ in
        let folder = try ScratchFolder()
        let straight = try StraightGRDB(path: folder.database)
        try straight.write(BenchmarkRow.all)
        return {
          try straight.readMany(BenchmarkRow.all)
          use(folder)
        }
      },
    ])
}

/// A datastore in a scratch file, used as in the quickstart: one future per row, in tasklets.
private struct Store {
  /// How many futures may be pending. It bounds the memory, and is enough for several commits.
  private static let window = 4_000

  let folder: ScratchFolder
  let datastore: Datastore

  init() throws {
    folder = try ScratchFolder()
    datastore = Datastore(backend: try SQLiteBackend(path: folder.database))
  }

  func put(_ rows: [BenchmarkRow]) {
    orTrap {
      try Future {
        var pending: [Future<Key>] = []
        for row in rows {
          var entity = Entity(Key("Row", name: row.name))
          for (column, field) in zip(BenchmarkRow.columns, row.fields) {
            // The table of the peer has no index either.
            entity.properties[column] = .unindexed(.string(field))
          }
          pending.append(datastore.put(entity))
          if pending.count == Self.window { try await Self.drain(&pending, to: Self.window / 2) }
        }
        try await Self.drain(&pending, to: 0)
      }.getResult()
    }
  }

  func get(_ rows: [BenchmarkRow]) {
    orTrap {
      try Future {
        var pending: [Future<Entity?>] = []
        for row in rows {
          pending.append(datastore.get(Key("Row", name: row.name)))
          if pending.count == Self.window { try await Self.drain(&pending, to: Self.window / 2) }
        }
        try await Self.drain(&pending, to: 0)
      }.getResult()
    }
  }

  /// Waits for the oldest futures until this many are left.
  private nonisolated(nonsending) static func drain<V>(
    _ pending: inout [Future<V>], to count: Int
  ) async throws {
    let oldest = pending.count - count
    for future in pending[..<oldest] { use(try await future.value) }
    pending.removeFirst(oldest)
  }
}
