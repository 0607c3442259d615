// SPDX-License-Identifier: Apache-2.0
import ArrivalDatastore
import Hummingbird

struct Transfer: Decodable {
  var from: String
  var to: String
  var amount: Int
}

struct TransferResult: ResponseCodable {
  var from: AccountView
  var to: AccountView
}

func addTransferRoute(to router: Router<BankContext>, _ datastore: Datastore) {
  router.post("transfers") { request, context in
    let transfer = try await request.decode(as: Transfer.self, context: context)
    guard let from = Int64(transfer.from), let to = Int64(transfer.to), from != to,
      transfer.amount > 0
    else { throw HTTPError(.badRequest, message: "a transfer needs two accounts and an amount") }
    // The body may run several times: if another transfer changes an account meanwhile, nothing is
    // written and it begins again.
    return try await datastore.transaction { tx in
      async let source = account(Account.key(id: from), in: tx)
      async let target = account(Account.key(id: to), in: tx)
      var (payer, payee) = try await (source, target)
      guard payer.balance >= transfer.amount else {
        throw HTTPError(.conflict, message: "the balance is only \(payer.balance)")
      }
      payer.balance -= transfer.amount
      payee.balance += transfer.amount
      tx.put(payer)
      tx.put(payee)
      return TransferResult(from: AccountView(payer), to: AccountView(payee))
    }.value
  }
}
