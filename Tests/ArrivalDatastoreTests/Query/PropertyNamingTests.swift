// SPDX-License-Identifier: Apache-2.0
import Arrival
import DatastoreEngine
import Testing

@testable import ArrivalDatastore

private enum Plain: String, Codable { case red, green }
private enum Single: String, Codable { case only }
private enum Number: Int, Codable {
  case one = 10
  case two = 20
}

private struct Coloured: DatastoreEntity {
  enum Shape: String, Codable { case round, square }
  enum CodingKeys: String, CodingKey {
    case key, age, plain, single, number, optional, array, set, dictionary
    case shape = "form"
  }

  var key = Coloured.newKey()
  var age: Int
  var plain: Plain
  var single: Single
  var number: Number
  var optional: Plain?
  var array: [Plain]
  var set: Set<Number>
  var dictionary: [String: Plain]
  var shape: Shape
}

/// It accepts no sample value.
private struct Email: Codable, Hashable {
  var text: String

  init(_ text: String) { self.text = text }
  init(from decoder: any Decoder) throws {
    text = try decoder.singleValueContainer().decode(String.self)
    guard text.contains("@") else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: text))
    }
  }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

private struct Customer: DatastoreEntity {
  struct Home: Codable {
    enum CodingKeys: String, CodingKey {
      // Exchanged on purpose.
      case city = "street"
      case street = "city"
      case contact
    }
    var city: String
    var street: String
    var contact: Email
  }
  enum CodingKeys: String, CodingKey {
    case key, home, age, email
    case name = "full_name"
  }

  static let unindexedProperties: Set = ["home.contact"]

  var key = Customer.newKey()
  var home: Home
  var email: Email
  var name: String
  var age: Int?

  var shout: String { name.uppercased() }
}

private struct MaybeEmail: DatastoreEntity {
  var key = MaybeEmail.newKey()
  var name: String
  var email: Email?
  var others: [Email]
}

private struct Declared: DatastoreEntity {
  static var propertyNames: [PartialKeyPath<Declared>: String] { [\.shout: "email"] }
  var key = Declared.newKey()
  var email: Email
  var shout: String { email.text.uppercased() }
}

private struct Visitor: DatastoreEntity {
  static var propertyNames: [PartialKeyPath<Visitor>: String] { [\.seen: "last_seen"] }
  enum CodingKeys: String, CodingKey {
    case key, email
    case seen = "last_seen"
  }
  var key = Visitor.newKey()
  var email: Email
  @AutoNow var seen
}

private struct UnnamedVisitor: DatastoreEntity {
  var key = UnnamedVisitor.newKey()
  var email: Email
  @AutoNow var seen
}

private struct Mistaken: DatastoreEntity {
  static let unindexedProperties: Set = ["bio"]
  var key = Mistaken.newKey()
  var biography: String
}

/// It reads a property by another key than its own name.
private struct Renaming: DatastoreEntity {
  enum CodingKeys: CodingKey { case key, mail }
  var key: Key
  var address: Email

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    key = try container.decode(Key.self, forKey: .key)
    address = try container.decode(Email.self, forKey: .mail)
  }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(key, forKey: .key)
    try container.encode(address, forKey: .mail)
  }
}

@Suite struct PropertyNamingTests {
  private func name<Root: DatastoreEntity>(_ keyPath: KeyPath<Root, some Encodable>) throws
    -> String
  {
    try Property(keyPath).name
  }

  @Test func `An enumeration with raw values disables no key path of its type`() throws {
    #expect(try name(\Coloured.age) == "age")
    #expect(try name(\Coloured.plain) == "plain")
    #expect(try name(\Coloured.number) == "number")
    #expect(try name(\Coloured.optional) == "optional")
    #expect(try name(\Coloured.array) == "array")
    #expect(try name(\Coloured.set) == "set")
    #expect(try name(\Coloured.shape) == "form")
    try Coloured.checkQueryable()
  }

  @Test func `An enumeration with one case is found by its place`() throws {
    #expect(try name(\Coloured.single) == "single")
  }

  @Test func `A filter by a case has its raw value`() {
    let query = Query(Coloured.self).where(\.plain == .green && \.number == .two)
    #expect(
      query.request.filter
        == .and([.property("plain", .equal, "green"), .property("number", .equal, 20)]))
  }

  @Test func `A type that validates disables no key path of its type`() throws {
    #expect(try name(\Customer.name) == "full_name")
    #expect(try name(\Customer.age) == "age")
    #expect(try name(\Customer.email) == "email")
    #expect(try name(\Customer.home.city) == "home.street")
    #expect(try name(\Customer.home.street) == "home.city")
    #expect(try name(\MaybeEmail.name) == "name")
    #expect(try name(\MaybeEmail.email) == "email")
    #expect(try name(\MaybeEmail.others) == "others")
    try Customer.checkQueryable()
    try MaybeEmail.checkQueryable()
  }

  @Test func `A property that is not indexed is refused, also if its type validates`() {
    let error = #expect(throws: DatastoreError.self) { try name(\Customer.home.contact) }
    #expect(error?.property == "home.contact")
  }

  @Test func `A computed property of a type that validates needs a declared name`() throws {
    let error = #expect(throws: DatastoreError.self) { try name(\Customer.shout) }
    #expect(error?.message.contains("Customer.propertyNames") == true)
    #expect(error?.cause is DecodingError)
    #expect(try name(\Declared.shout) == "email")
    #expect(try name(\Declared.email) == "email")
    try Declared.checkQueryable()
  }

  @Test func `An automatic time of a type that validates needs a declared name`() throws {
    #expect(try name(\Visitor.seen) == "last_seen")
    #expect(try name(\Visitor.email) == "email")
    try Visitor.checkQueryable()
    let error = #expect(throws: DatastoreError.self) { try UnnamedVisitor.checkQueryable() }
    #expect(error?.message.contains("of UnnamedVisitor: seen. Declare") == true)
    #expect(throws: DatastoreError.self) { try name(\UnnamedVisitor.seen) }
  }

  @Test func `A check finds names that are no properties`() {
    let error = #expect(throws: DatastoreError.self) { try Mistaken.checkQueryable() }
    #expect(error?.property == "bio")
    #expect(error?.message.contains("biography") == true)
  }

  @Test func `A check finds properties without a coding key of their name`() {
    let error = #expect(throws: DatastoreError.self) { try Renaming.checkQueryable() }
    #expect(error?.message.contains("address") == true)
    #expect(throws: DatastoreError.self) { try name(\Renaming.address) }
  }
}
