// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import Hummingbird

struct UploadResult: ResponseCodable {
  var stored: Int
}

/// Stores a table of accounts, of any size: `POST /accounts/upload` with a CSV file whose columns
/// are the owner and the balance. A first row `owner,balance` is no account.
///
/// The accounts are stored while the file arrives. The rows before one that is wrong stay stored,
/// and the reply says so.
func addUploadRoute(to router: Router<BankContext>, _ datastore: Datastore) {
  router.post("accounts/upload") { request, _ in
    var reader = CSVReader()
    var upload = Upload(datastore: datastore)
    do {
      for try await buffer in request.body {
        for row in try reader.add(buffer.readableBytesView) { try await upload.store(row) }
      }
      if let row = try reader.end() { try await upload.store(row) }
    } catch let fault as CSVReader.Fault {
      try await upload.wait()
      throw HTTPError(
        .badRequest,
        message: "line \(fault.line): \(fault.text); \(upload.stored) accounts before it are stored"
      )
    }
    try await upload.wait()
    return UploadResult(stored: upload.stored)
  }
}

private struct Upload {
  let datastore: Datastore
  private(set) var stored = 0
  private var puts: [Future<Key>] = []

  init(datastore: Datastore) { self.datastore = datastore }

  mutating func store(_ row: CSVReader.Row) async throws {
    if row.line == 1, row.fields == ["owner", "balance"] { return }
    guard let account = Account(row.fields) else {
      throw CSVReader.Fault(line: row.line, text: "not an owner and a balance of zero or more")
    }
    // One future for each account, and a commit for hundreds of them.
    puts.append(datastore.put(account))
    stored += 1
    if puts.count == 1000 { try await wait() }
  }

  /// Waits now and then, so that a table of any size needs little memory.
  mutating func wait() async throws {
    _ = try await Future.all(puts).value
    puts.removeAll(keepingCapacity: true)
  }
}

extension Account {
  fileprivate init?(_ fields: [String]) {
    guard fields.count == 2, !fields[0].isEmpty,
      let balance = Int(fields[1].filter { $0 != " " }), balance >= 0
    else { return nil }
    self.init(owner: fields[0], balance: balance)
  }
}
