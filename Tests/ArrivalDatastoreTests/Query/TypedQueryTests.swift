// SPDX-License-Identifier: Apache-2.0
import Arrival
import DatastoreEngine
import FoundationEssentials
import Testing

@testable import ArrivalDatastore

private struct Account: DatastoreEntity {
  enum Level: String, Codable, CaseIterable { case free, paid }
  enum Mood: String, Codable { case good, bad }
  struct Address: Codable, Sendable, Hashable {
    var city: String
    var zip: Int
  }
  enum CodingKeys: String, CodingKey {
    case key, name, balance, isOpen, level, address, tags, nickname, born
    case renamed = "other_name"
    case bio
  }

  static let unindexedProperties: Set = ["bio", "address.zip"]

  var key = Account.newKey()
  var name: String
  var balance: Double
  var isOpen: Bool
  var level: Level
  var address: Address
  var tags: [String]
  var nickname: String?
  var born: Date
  var renamed: Int
  var bio: String

  var shout: String { name.uppercased() }
  var nothing: Int { 7 }
}

private struct Graded: DatastoreEntity {
  var key = Graded.newKey()
  var level: UInt8
  var marks: Set<UInt8>
}

@Suite struct TypedQueryTests {
  private func filter(_ filter: Filter<Account>) -> QueryFilter? {
    Query(Account.self).where(filter).request.filter
  }

  @Test func `Key paths become the names that Codable gives their properties`() {
    #expect(filter(\.balance > 100) == .property("balance", .greaterThan, 100.0))
    #expect(filter(\.isOpen == true) == .property("isOpen", .equal, true))
    #expect(filter(\.level != .paid) == .property("level", .notEqual, "paid"))
    #expect(filter(\.address.city <= "Oslo") == .property("address.city", .lessThanOrEqual, "Oslo"))
    #expect(filter(\.renamed < 3) == .property("other_name", .lessThan, 3))
    #expect(filter(\.nickname == nil) == .property("nickname", .equal, .null))
    #expect(filter(\.nickname >= "x") == .property("nickname", .greaterThanOrEqual, "x"))
    #expect(filter(.in(\.name, ["a", "b"])) == .property("name", .isIn, ["a", "b"]))
    #expect(filter(.notIn(\.name, ["a"])) == .property("name", .isNotIn, ["a"]))
    #expect(filter(.contains(\.tags, "new")) == .property("tags", .equal, "new"))
    #expect(filter(.containsAny(\.tags, of: ["a"])) == .property("tags", .isIn, ["a"]))
    let key = Account.key(id: 7)
    #expect(filter(\.key > key) == .property("__key__", .greaterThan, .key(key)))
    let born = Timestamp(microseconds: 5)
    #expect(filter(\.born > born.date) == .property("born", .greaterThan, .timestamp(born)))
  }

  @Test func `A list of bytes is compared as a list of integers, as it is stored`()
    throws
  {
    for (filter, comparison) in [
      (.in(\.level, [1, 2]), .isIn), (.notIn(\.level, [1, 2]), .isNotIn),
    ] as [(Filter<Graded>, QueryFilter.Comparison)] {
      let query = Query(Graded.self).where(filter)
      #expect(query.request.filter == .property("level", comparison, [1, 2]))
      try query.request.check()
    }
    let marks = Query(Graded.self).where(.containsAny(\.marks, of: [1, 2]))
    #expect(marks.request.filter == .property("marks", .isIn, [1, 2]))
    try marks.request.check()
  }

  @Test func `AND and OR keep the shape of the expression`() {
    #expect(
      filter(\.balance > 1 && \.isOpen == true && (\.name == "a" || \.name == "b"))
        == .and([
          .property("balance", .greaterThan, 1.0), .property("isOpen", .equal, true),
          .or([.property("name", .equal, "a"), .property("name", .equal, "b")]),
        ]))
  }

  @Test func `A typed query has the type's kind and the requested order`() {
    let query = Query(Account.self).where(\.balance > 100).order(by: \.name)
      .order(by: \.level, .descending).distinct(on: \.name)
    #expect(query.problem == nil)
    #expect(query.request.kind == "Account")
    #expect(query.request.orders == [QueryOrder("name"), QueryOrder("level", .descending)])
    #expect(query.request.distinctOn == ["name"])
  }

  @Test
  func
    `A computed property of one stored one is that; others are refused, with what they stand for`()
  {
    #expect(filter(\.shout == "A") == .property("name", .equal, "A"))
    let nothing = Query(Account.self).where(\.nothing == 1).problem
    #expect(nothing?.code == .invalidArgument)
    #expect(nothing?.message.contains("no property") == true)
    let several = Query(Account.self).order(by: \.address).problem
    #expect(several?.message.contains("address.city, address.zip") == true)
  }

  @Test func `A filter on an unindexed property is refused with its name`() {
    #expect(Query(Account.self).where(\.bio == "x").problem?.property == "bio")
    #expect(Query(Account.self).order(by: \.address.zip).problem?.property == "address.zip")
  }

  @Test func `An invalid query fails its futures and sends nothing`() async throws {
    let backend = ScriptedBackend()
    let datastore = Datastore(backend: backend)
    let query = Query(Account.self).where(\.nothing == 1)
    let fetch = datastore.query(query).fetch()
    let first = datastore.query(query).first()
    let count = datastore.query(query).count()
    #expect((await fetch.getException() as? DatastoreError)?.code == .invalidArgument)
    #expect((await first.getException() as? DatastoreError)?.code == .invalidArgument)
    #expect((await count.getException() as? DatastoreError)?.code == .invalidArgument)
    await #expect(throws: DatastoreError.self) {
      for try await _ in datastore.query(query) {}
    }
    #expect(backend.queries.isEmpty)
    #expect(backend.aggregations.isEmpty)
  }
}
