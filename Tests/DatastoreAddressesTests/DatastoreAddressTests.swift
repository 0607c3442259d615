// SPDX-License-Identifier: Apache-2.0
import ArrivalDatastore
import Testing

@testable import DatastoreAddresses

@Suite struct DatastoreAddressTests {
  @Test(
    arguments: [
      ("sqlite:shop.db", .sqlite(path: "shop.db")),
      ("sqlite:/a:b/c", .sqlite(path: "/a:b/c")), ("shop.db", .sqlite(path: "shop.db")),
      ("/a/b:c", .sqlite(path: "/a/b:c")),
      ("a?b.db?database=orders", .sqlite(path: "a?b.db", database: "orders")),
      ("sqlite:a.db?database=x-1", .sqlite(path: "a.db", database: "x-1")),
      (
        "sqlite:a?database=b?database=c", .sqlite(path: "a?database=b", database: "c")
      ),
      ("datastore:p", .cloud(project: "p", database: "")),
      ("datastore:p/d", .cloud(project: "p", database: "d")),
      ("datastore:", .cloud(project: nil, database: "")),
      (
        "datastore:p@localhost:8081",
        .cloud(project: "p", database: "", emulator: "localhost:8081")
      ),
      ("datastore:p/d@[::1]:80", .cloud(project: "p", database: "d", emulator: "[::1]:80")),
    ] as [(String, DatastoreAddress)])
  func `An address names a backend and its database`(_ text: String, _ address: DatastoreAddress)
    throws
  {
    #expect(try DatastoreAddress(text) == address)
    #expect(try DatastoreAddress(address.description) == address)
  }

  @Test(arguments: [
    "", "sqlite:", "sqlite:?database=a", "a.db?database=", "datastore:p/", "datastore:/d",
    "datastore:p/d/e", "datastore:p@",
    "datastore:@localhost:1", "postgres:x",
  ])
  func `A text that is not an address is refused with the valid forms`(_ text: String) throws {
    let error = try #require(throws: DatastoreError.self) { try DatastoreAddress(text) }
    #expect(error.code == .invalidArgument)
    #expect(error.message.contains("datastore:PROJECT/DATABASE"))
    #expect(error.message.contains("\"\(text)\""))
  }

  #if !Cloud
    @Test func `Without the trait, the error says how to get it`() throws {
      let error = try #require(throws: DatastoreError.self) { try Datastore.open("datastore:p") }
      #expect(error.code == .failedPrecondition)
      #expect(error.message.contains("--traits Cloud"))
    }
  #else
    @Test func `Opening a datastore of the service sends nothing`() async throws {
      let datastore = try Datastore.open("datastore:my-project/my-database")
      try await datastore.close()
    }
  #endif
  #if !SQLite
    @Test func `Without the trait for files, the error says how to get it`() throws {
      let error = try #require(throws: DatastoreError.self) { try Datastore.open("sqlite:x") }
      #expect(error.message.contains("--traits SQLite"))
    }
  #endif
}
