// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import DatastoreInMemory
import Testing

/// What a model type says of its stored form: defaults, checks, computed properties, times, and
/// types that share a kind.
@Suite struct ModelOptionsTests {
  private enum Plan: String, Codable { case free, paid }

  private struct Address: DatastoreStructure, Equatable {
    static let defaultProperties: Entity.Properties = ["country": "CH"]
    var city: String
    var country: String
  }

  private struct InvalidEmail: Error {}

  private struct Account: DatastoreEntity {
    static let unindexedProperties: Set = ["notes"]
    static let defaultProperties: Entity.Properties = ["plan": "free", "visits": 0, "notes": []]

    var key = Account.newKey()
    var email: String
    var plan = Plan.free
    var visits = 0
    var notes: [String] = []
    var address = Address(city: "Bern", country: "CH")

    mutating func willPut() throws {
      email = email.lowercased()
      if !email.contains("@") { throw InvalidEmail() }
    }

    func computedProperties() -> Entity.Properties {
      ["domain": .init(.string(String(email.split(separator: "@").last ?? "")))]
    }
  }

  private let datastore = Datastore(backend: InMemoryBackend())

  @Test func `An older entity gets defaults for the properties it lacks`() throws {
    let city = Entity(nil, ["city": "Biel"])
    let old = Entity(Key("Account", id: 1), ["email": "a@b", "address": .init(.entity(city))])
    let account = try EntityDecoder().decode(Account.self, from: old)
    #expect(account.plan == .free && account.visits == 0 && account.notes.isEmpty)
    #expect(account.address == Address(city: "Biel", country: "CH"))
    var newer = old
    newer["plan"] = "paid"
    newer.properties["address"] = nil
    // NDB's form of a nested value goes before defaults, too.
    newer["address.city"] = "Chur"
    let paid = try EntityDecoder().decode(Account.self, from: newer)
    #expect(paid.plan == .paid && paid.address == Address(city: "Chur", country: "CH"))
  }

  @Test func `A property without a default that is missing is an error`() {
    #expect {
      try EntityDecoder().decode(Account.self, from: Entity(Key("Account", id: 1)))
    } throws: {
      ($0 as? DatastoreError)?.property == "email"
    }
  }

  @Test func `A value is brought into its form before it is put, or refused`() async throws {
    let key = try await datastore.put(Account(email: "Ann@Example.org")).value
    #expect(try await datastore.get(key).value?["email"] == "ann@example.org")
    await #expect {
      _ = try await datastore.put(Account(email: "nobody")).value
    } throws: { error in
      let error = error as? DatastoreError
      return error?.code == .invalidArgument && error?.cause is InvalidEmail
    }
    await #expect(throws: DatastoreError.self) {
      try await datastore.transaction { $0.insert(Account(email: "nobody")) }.value
    }
  }

  @Test func `Computed properties are stored for queries`() async throws {
    let key = try await datastore.put(Account(email: "ann@example.org")).value
    let found = Query(Account.self).where(Property("domain") == "example.org")
    #expect(try await datastore.query(found).fetch().value.map(\.key) == [key])
  }

  private struct Note: DatastoreEntity {
    var key = Note.newKey()
    var text: String
    @AutoNow var updated
    @AutoNowAdd var created
  }

  @Test func `Times are set when an entity is written`() async throws {
    let begun = Timestamp.now
    let key = try await datastore.put(Note(text: "a")).value
    var note = try #require(try await datastore.get(key, as: Note.self).value)
    let created = try #require(note.created)
    #expect(begun <= created && created <= .now)
    let updated = try #require(note.updated)
    note.text = "b"
    _ = try await datastore.put(note).value
    let later = try #require(try await datastore.get(key, as: Note.self).value)
    #expect(later.created == created)
    #expect(try #require(later.updated) > updated)
    let all = Query(Note.self).where(\.created == created).order(by: \.updated)
    #expect(try await datastore.query(all).count().value == 1)
    let older = Entity(key, ["text": "c"])
    let decoded = try EntityDecoder().decode(Note.self, from: older)
    #expect(decoded.created == nil && decoded.updated == nil)
  }

  private struct Animal: PolymorphicEntity {
    static let classNames = ["Animal"]
    var key = Animal.newKey()
    var name: String
  }

  private struct Cat: PolymorphicEntity {
    static let classNames = ["Animal", "Cat"]
    var key = Cat.newKey()
    var name: String
    var lives: Int
  }

  private struct Lion: PolymorphicEntity {
    static let classNames = ["Animal", "Cat", "Lion"]
    var key = Lion.newKey()
    var name: String
    var lives = 1
  }

  @Test func `Types that share a kind are read as what they are`() async throws {
    _ = try await datastore.put(Animal(name: "Ape")).value
    let cat = try await datastore.put(Cat(name: "Tom", lives: 9)).value
    let lion = try await datastore.put(Lion(name: "Leo")).value
    #expect(cat.kind == "Animal")
    #expect(try await datastore.get(lion).value?["class"] == ["Animal", "Cat", "Lion"])
    let family = EntityFamily(Animal.self, Cat.self, Lion.self)
    #expect(try await datastore.get(cat, as: family).value is Cat)
    #expect(try await datastore.get(lion, as: family).value is Lion)
    let all = try await datastore.query(Query(family)).fetch().value
    #expect(all.map { "\(type(of: $0))" }.sorted() == ["Animal", "Cat", "Lion"])
    // A query for a type finds those below it, and no others.
    #expect(
      Set(try await datastore.query(Query(Cat.self)).fetch().value.map(\.name)) == ["Tom", "Leo"])
    let lions = Query(Lion.self).where(\.name == "Leo")
    #expect(try await datastore.query(lions).count().value == 1)
    #expect(try await datastore.query(Query(Animal.self)).count().value == 3)
    // The nearest known type stands for one that is unknown.
    #expect(try await datastore.get(lion, as: EntityFamily(Animal.self, Cat.self)).value is Cat)
    await #expect { try await datastore.get(cat, as: EntityFamily(Lion.self)).value } throws: {
      ($0 as? DatastoreError)?.code == .decodingFailed
    }
  }
}
