// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Hummingbird
import Logging

/// The routes of the example `bank` that are measured, with one query of GRDB for each request.
///
/// `BANK_FILE` is the path of the file, `BANK_PORT` the port.
@main
struct StraightBank {
  static func main() async throws {
    let environment = ProcessInfo.processInfo.environment
    let pool = try open(environment["BANK_FILE"] ?? "straight-bank.db")
    let router = Router()
    router.add(middleware: LogRequestsMiddleware(.info))
    addRoutes(to: router, pool)
    let bank = Application(
      router: router,
      configuration: .init(
        address: .hostname("127.0.0.1", port: environment["BANK_PORT"].flatMap(Int.init) ?? 8080)),
      logger: Logger(label: "bank"))
    try await bank.runService()
  }

  private static func open(_ path: String) throws -> DatabasePool {
    let pool = try DatabasePool(path: path)
    try pool.writeWithoutTransaction { database in
      try database.execute(
        sql: """
          CREATE TABLE account (
            id INTEGER PRIMARY KEY, owner TEXT NOT NULL, balance INTEGER NOT NULL) STRICT
          """)
      // As in the datastore: a commit is on the disk when it returns. `DatabasePool` sets NORMAL.
      try database.execute(sql: "PRAGMA synchronous = FULL")
    }
    return pool
  }

  private static func addRoutes(to router: Router<BasicRequestContext>, _ pool: DatabasePool) {
    router.get("accounts/:id") { _, context in
      let id = try context.parameters.require("id", as: Int64.self)
      return try await pool.read { try Account.find(id, $0) }
    }
    router.post("accounts") { request, context in
      let new = try await request.decode(as: NewAccount.self, context: context)
      return try await pool.write { database in
        let insert = try database.cachedStatement(
          sql: "INSERT INTO account (owner, balance) VALUES (?, ?)")
        try insert.execute(arguments: [new.owner, new.balance])
        return Account(
          id: "\(database.lastInsertedRowID)", owner: new.owner, balance: new.balance)
      }
    }
    router.post("transfers") { request, context in
      let transfer = try await request.decode(as: Transfer.self, context: context)
      guard let from = Int64(transfer.from), let to = Int64(transfer.to), from != to else {
        throw HTTPError(.badRequest)
      }
      return try await pool.write { database in
        let payer = try Account.find(from, database)
        let payee = try Account.find(to, database)
        guard payer.balance >= transfer.amount else { throw HTTPError(.conflict) }
        let update = try database.cachedStatement(
          sql: "UPDATE account SET balance = ? WHERE id = ?")
        try update.execute(arguments: [payer.balance - transfer.amount, from])
        try update.execute(arguments: [payee.balance + transfer.amount, to])
        return payee
      }
    }
  }
}

private struct NewAccount: Decodable {
  var owner: String
  var balance: Int
}

private struct Transfer: Decodable {
  var from: String
  var to: String
  var amount: Int
}

private struct Account: ResponseCodable {
  var id: String
  var owner: String
  var balance: Int

  static func find(_ id: Int64, _ database: Database) throws -> Account {
    let select = try database.cachedStatement(
      sql: "SELECT owner, balance FROM account WHERE id = ?")
    guard let row = try Row.fetchOne(select, arguments: [id]) else { throw HTTPError(.notFound) }
    return Account(id: "\(id)", owner: row[0], balance: row[1])
  }
}
