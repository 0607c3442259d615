import Datastore
import Testing

@testable import DatastoreAddresses

@Suite struct DatastoreAddressTests {
  @Test(
    "An address names a backend and what it opens",
    arguments: [
      ("sqlite:shop.arrival", .sqlite(path: "shop.arrival")),
      ("sqlite:/a:b/c", .sqlite(path: "/a:b/c")), ("shop.arrival", .sqlite(path: "shop.arrival")),
      ("/a/b:c", .sqlite(path: "/a/b:c")),
      ("datastore:p", .cloud(project: "p", database: "")),
      ("datastore:p/d", .cloud(project: "p", database: "d")),
      ("datastore:", .cloud(project: nil, database: "")),
    ] as [(String, DatastoreAddress)])
  func addresses(_ text: String, _ address: DatastoreAddress) throws {
    #expect(try DatastoreAddress(text) == address)
  }

  @Test(
    "What is no address is refused, with the forms there are",
    arguments: ["", "sqlite:", "datastore:p/", "datastore:/d", "datastore:p/d/e", "postgres:x"])
  func refused(_ text: String) throws {
    let error = try #require(throws: DatastoreError.self) { try DatastoreAddress(text) }
    #expect(error.code == .invalidArgument)
    #expect(error.message.contains("datastore:PROJECT/DATABASE"))
    #expect(error.message.contains("\"\(text)\""))
  }

  #if !Cloud
    @Test("Without the trait, the error says how to get it")
    func withoutCloud() throws {
      let error = try #require(throws: DatastoreError.self) { try Datastore.open("datastore:p") }
      #expect(error.code == .failedPrecondition)
      #expect(error.message.contains("--traits Cloud"))
    }
  #else
    @Test("A datastore of the service is opened without a word to it")
    func cloud() async throws {
      let datastore = try Datastore.open("datastore:my-project/my-database")
      try await datastore.close()
    }
  #endif
  #if !SQLite
    @Test("Without the trait for files, the error says how to get it")
    func withoutSQLite() throws {
      let error = try #require(throws: DatastoreError.self) { try Datastore.open("sqlite:x") }
      #expect(error.message.contains("--traits SQLite"))
    }
  #endif
}
