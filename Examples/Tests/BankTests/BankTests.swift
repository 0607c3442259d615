// SPDX-License-Identifier: Apache-2.0
import ArrivalDatastore
import DatastoreInMemory
import Foundation
import Hummingbird
import HummingbirdTesting
import InMemoryTracing
import Testing

@testable import bank

@Suite struct BankTests {
  private let backend = SimulatedBackend()
  private let datastore: Datastore
  private var bank: Application<RouterResponder<BankContext>> {
    Application(router: makeRouter(datastore))
  }

  init() { datastore = Datastore(backend: backend) }

  private func open(_ owner: String, _ balance: Int) async throws -> Int64 {
    let key = try await datastore.put(Account(owner: owner, balance: balance)).value
    return try #require(key.id)
  }

  @Test func `An account is opened, and found by its ID`() async throws {
    try await bank.test(.router) { client in
      let body = ByteBuffer(string: #"{"owner": "Ann", "balance": 12}"#)
      let opened = try await client.execute(uri: "/accounts", method: .post, body: body) {
        #expect($0.status == .created)
        return try JSONDecoder().decode(AccountView.self, from: $0.body)
      }
      try await client.execute(uri: "/accounts/\(opened.id)", method: .get) {
        #expect($0.status == .ok)
        let found = try JSONDecoder().decode(AccountView.self, from: $0.body)
        #expect(found.owner == "Ann" && found.balance == 12)
      }
      try await client.execute(uri: "/accounts/1", method: .get) {
        #expect($0.status == .notFound)
      }
      try await client.execute(uri: "/accounts/x", method: .get) {
        #expect($0.status == .badRequest)
      }
    }
  }

  @Test func `A list is resumed by its cursor`() async throws {
    for owner in ["Cleo", "Ann", "Bob"] { _ = try await open(owner, 1) }
    try await bank.test(.router) { client in
      var next: String? = ""
      var owners: [[String]] = []
      while let cursor = next {
        let uri = "/accounts?limit=2" + (cursor.isEmpty ? "" : "&after=\(cursor)")
        let page = try await client.execute(uri: uri, method: .get) {
          try JSONDecoder().decode(AccountPage.self, from: $0.body)
        }
        owners.append(page.accounts.map(\.owner))
        next = page.next
      }
      #expect(owners == [["Ann", "Bob"], ["Cleo"]])
      try await client.execute(uri: "/accounts?after=!", method: .get) {
        #expect($0.status == .badRequest)
      }
    }
  }

  @Test func `Fifty transfers at once between two accounts all succeed`() async throws {
    let ann = try await open("Ann", 1000)
    let bob = try await open("Bob", 1000)
    try await bank.test(.router) { client in
      try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
        for number in 0..<50 {
          let (from, to) = number.isMultiple(of: 2) ? (ann, bob) : (bob, ann)
          let body = ByteBuffer(string: #"{"from": "\#(from)", "to": "\#(to)", "amount": 3}"#)
          group.addTask {
            try await client.execute(uri: "/transfers", method: .post, body: body) { $0.status }
          }
        }
        for try await status in group { #expect(status == .ok) }
      }
    }
    let balance = try await datastore.get(Account.key(id: ann), as: Account.self).value?.balance
    #expect(balance == 1000)
  }

  @Test func `A transfer of more than there is is refused`() async throws {
    let ann = try await open("Ann", 1)
    let bob = try await open("Bob", 1)
    let body = ByteBuffer(string: #"{"from": "\#(ann)", "to": "\#(bob)", "amount": 3}"#)
    try await bank.test(.router) { client in
      try await client.execute(uri: "/transfers", method: .post, body: body) {
        #expect($0.status == .conflict)
      }
    }
  }

  @Test func `A table is stored with few commits`() async throws {
    let table = (1...1500).map { "owner \($0),\($0)\r\n" }.joined()
    try await bank.test(.router) { client in
      try await client.execute(
        uri: "/accounts/upload", method: .post, body: ByteBuffer(string: table)
      ) {
        #expect(String(buffer: $0.body) == #"{"stored":1500}"#)
      }
    }
    #expect(backend.calls.filter { $0.method == .commit }.count < 20)
  }

  private func upload(_ table: String) async throws -> (HTTPResponse.Status, String) {
    try await bank.test(.router) { client in
      try await client.execute(
        uri: "/accounts/upload", method: .post, body: ByteBuffer(string: table)
      ) { ($0.status, String(buffer: $0.body)) }
    }
  }

  private func stored() async throws -> [String: Int] {
    let accounts = try await datastore.query(Query(Account.self)).fetch().value
    return Dictionary(uniqueKeysWithValues: accounts.map { ($0.owner, $0.balance) })
  }

  @Test func `A table may have a header, quotes, blank lines and any line breaks`() async throws {
    let table = "\u{FEFF}owner,balance\r\n\"Smith, Ann\",12\r\n\r\n\"\"\"Bob\"\"\", 7\nCleo,0"
    #expect(try await upload(table) == (.ok, #"{"stored":3}"#))
    #expect(try await stored() == ["Smith, Ann": 12, "\"Bob\"": 7, "Cleo": 0])
  }

  @Test(arguments: ["Bob,x", "Bob", "Bob,1,2", "Bob,-1", ",1", "\"Bob,1"])
  func `A wrong row is named by its line, and what is before it stays`(_ row: String) async throws {
    let (status, text) = try await upload("Ann,12\n\n\(row)\n")
    #expect(status == .badRequest)
    #expect(text.contains("line 3: ") && text.contains("1 accounts before it are stored"))
    #expect(try await stored() == ["Ann": 12])
  }

  @Test func `The fields of a reply come in one order`() async throws {
    let id = try await open("Ann", 12)
    try await bank.test(.router) { client in
      try await client.execute(uri: "/accounts/\(id)", method: .get) {
        #expect(String(buffer: $0.body) == #"{"balance":12,"id":"\#(id)","owner":"Ann"}"#)
      }
    }
  }

  @Test func `The bank is healthy until its datastore is closed or fails`() async throws {
    let bank = bank
    func health() async throws -> Int {
      try await bank.test(.router) { client in
        try await client.execute(uri: "/health", method: .get) { $0.status.code }
      }
    }
    #expect(try await health() == 200)
    backend.when({ $0.method == .lookup && $0.number == 2 }, .fail(.init(.unavailable, "a test")))
    #expect(try await health() == 503)
    #expect(try await health() == 200)
    try await datastore.close()
    #expect(try await health() == 503)
  }

  @Test(arguments: ["/debug/arrival", "/metrics", "/debug/traces"])
  func `Clients do not reach the routes for operators`(_ path: String) async throws {
    try await bank.test(.router) { client in
      try await client.execute(uri: path, method: .get) { #expect($0.status == .notFound) }
    }
    let operators = Application(
      router: makeOperatorRouter(datastore, TextMetrics(), InMemoryTracer()))
    try await operators.test(.router) { client in
      try await client.execute(uri: path, method: .get) { #expect($0.status == .ok) }
    }
  }

  @Test func `A hundred gets at once are far fewer lookups`() async throws {
    var ids: [Int64] = []
    for number in 0..<100 { ids.append(try await open("owner \(number)", number)) }
    try await bank.test(.router) { [ids] client in
      try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
        for id in ids {
          group.addTask {
            try await client.execute(uri: "/accounts/\(id)", method: .get) { $0.status }
          }
        }
        for try await status in group { #expect(status == .ok) }
      }
    }
    #expect(backend.calls.filter { $0.method == .lookup }.count <= 50)
  }
}
