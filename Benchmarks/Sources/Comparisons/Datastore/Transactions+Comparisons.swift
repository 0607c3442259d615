// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import ArrivalDatastore
internal import DatastoreSQLite
private import Dispatch
internal import GRDB

extension Comparison {
  /// The number of transactions in a round.
  private static let count = 400
  /// The number of concurrent transactions in the comparison of conflicts.
  private static let lanes = 8

  static let transactions = Comparison(
    "datastore, a transaction that reads and writes one row, one after the other",
    operations: count, rounds: 7,
    [
      Contender(preparing: "Arrival") { count in
        let bank = try Bank()
        return { bank.run(count, lanes: 1) }
      },
      Contender(preparing: "GRDB") { count in
        let bank = try StraightBank()
        return { bank.run(count, lanes: 1) }
      },
    ])

  static let contendedTransactions = Comparison(
    "datastore, the same by eight at once, all on one row", operations: count, rounds: 7,
    [
      Contender(preparing: "Arrival") { count in
        let bank = try Bank()
        return { bank.run(count, lanes: lanes) }
      },
      Contender(preparing: "GRDB, a thread each") { count in
        let bank = try StraightBank()
        return { bank.run(count, lanes: lanes) }
      },
    ])
}

/// A counter in one row of a file.
private struct Bank {
  private static let key = Key("Counter", name: "one")

  let folder: ScratchFolder
  let datastore: Datastore

  init() throws {
    folder = try ScratchFolder()
    datastore = Datastore(backend: try SQLiteBackend(path: folder.database))
    let datastore = datastore
    _ = try Future { try await datastore.put(Entity(Self.key, ["n": 0])).value }.getResult()
  }

  func run(_ count: Int, lanes: Int) {
    let datastore = datastore
    orTrap {
      let all = (0..<lanes).map { _ in
        Future { for _ in 0..<count / lanes { try await Self.countUp(datastore) } }
      }
      for lane in all { try lane.checkSuccess() }
      let end = try Future { try await datastore.get(Self.key).value }.getResult()
      guard end?["n"] == .integer(Int64(count)) else { fatalError("a transaction was lost") }
    }
  }

  /// Retries a transaction that has failed after all its attempts.
  private static func countUp(_ datastore: Datastore) async throws {
    while true {
      do {
        try await datastore.transaction { tx in
          var row = try await tx.get(key).value ?? Entity(key)
          row["n"] = .integer((row["n"]?.integerValue ?? 0) + 1)
          tx.put(row)
        }.value
        return
      } catch let error as DatastoreError where error.code == .aborted {}
    }
  }
}

/// The same counter directly with GRDB, whose writers take turns.
private struct StraightBank {
  let folder: ScratchFolder
  let pool: DatabasePool

  init() throws {
    folder = try ScratchFolder()
    pool = try StraightGRDB(path: folder.database).pool
    try pool.write { try $0.execute(sql: "INSERT INTO row (name, code) VALUES ('one', '0')") }
  }

  func run(_ count: Int, lanes: Int) {
    let pool = pool
    DispatchQueue.concurrentPerform(iterations: lanes) { _ in
      for _ in 0..<count / lanes { orTrap { try Self.countUp(pool) } }
    }
    let end = orTrap { try pool.read { try String.fetchOne($0, sql: "SELECT code FROM row") } }
    guard end == "\(count)" else { fatalError("a transaction was lost") }
  }

  private static func countUp(_ pool: DatabasePool) throws {
    try pool.write { database in
      let select = try database.cachedStatement(sql: "SELECT code FROM row WHERE name = ?")
      let code = try String.fetchOne(select, arguments: ["one"]).flatMap { Int($0) } ?? 0
      let update = try database.cachedStatement(sql: "UPDATE row SET code = ? WHERE name = ?")
      try update.execute(arguments: ["\(code + 1)", "one"])
    }
  }
}
