// SPDX-License-Identifier: Apache-2.0
import ArrivalDatastore
import Hummingbird

/// An account, as it is stored.
struct Account: DatastoreEntity {
  var key = Account.newKey()
  var owner: String
  var balance: Int
}

/// An account, as clients see it. The ID is text: JavaScript has no whole numbers of 64 bits.
struct AccountView: ResponseCodable {
  var id: String
  var owner: String
  var balance: Int

  init(_ account: Account) {
    id = account.key.id.map { "\($0)" } ?? ""
    owner = account.owner
    balance = account.balance
  }
}

struct AccountPage: ResponseCodable {
  var accounts: [AccountView]
  /// For the parameter `after` of the next request; `nil` on the last page.
  var next: String?
}

struct NewAccount: Decodable {
  var owner: String
  var balance: Int
}

func addAccountRoutes(to router: Router<BankContext>, _ datastore: Datastore) {
  // A page: GET /accounts?limit=20&after=CURSOR
  router.get("accounts") { request, _ in
    let parameters = request.uri.queryParameters
    let limit = parameters.get("limit", as: Int.self) ?? 20
    guard (1...1000).contains(limit) else {
      throw HTTPError(.badRequest, message: "limit is a number from 1 to 1000")
    }
    var cursor: QueryCursor?
    if let text = parameters.get("after") {
      cursor = QueryCursor(text: text)
      if cursor == nil { throw HTTPError(.badRequest, message: "after is not a cursor") }
    }
    let all = Query(Account.self).order(by: \.owner)
    let page = try await datastore.query(all).page(limit: limit, after: cursor).value
    return AccountPage(
      accounts: page.results.map(AccountView.init), next: page.hasMore ? page.cursor?.text : nil)
  }

  // One account: GET /accounts/7
  router.get("accounts/:id") { _, context in
    let key = Account.key(id: try context.parameters.require("id", as: Int64.self))
    return AccountView(try await account(key, in: datastore))
  }

  router.post("accounts") { request, context in
    let new = try await request.decode(as: NewAccount.self, context: context)
    guard new.balance >= 0 else { throw HTTPError(.badRequest, message: "balance is negative") }
    var account = Account(owner: new.owner, balance: new.balance)
    account.key = try await datastore.put(account).value
    return EditedResponse(status: .created, response: AccountView(account))
  }
}

/// An account that must exist: the middleware makes 404 of the error.
func account(_ key: Key, in store: some EntityStore) async throws -> Account {
  guard let account = try await store.get(key, as: Account.self).value else {
    throw DatastoreError(.notFound, "There is no account \(key.id ?? 0).", key: key)
  }
  return account
}
