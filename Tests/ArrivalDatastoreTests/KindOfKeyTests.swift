// SPDX-License-Identifier: Apache-2.0
import Arrival
import DatastoreInMemory
import Testing

@testable import ArrivalDatastore

private struct Author: DatastoreEntity, Equatable {
  var key = Author.newKey()
  var name: String
}

private struct Book: DatastoreEntity {
  var key = Book.newKey()
  var title: String?
}

/// A key of another kind than the type, as `KindError` of NDB.
@Suite struct KindOfKeyTests {
  private let datastore = Datastore(backend: InMemoryBackend())

  @Test func `A value under a key of another kind does not replace that entity`() async throws {
    let key = try await datastore.put(Author(name: "Ann")).value

    let error = await #expect(throws: DatastoreError.self) {
      try await datastore.put(Book(key: key, title: "Oslo")).value
    }

    #expect(error?.code == .invalidArgument)
    #expect(error?.key == key)
    #expect(
      error?.message.contains(#"of kind "Author", and Book is stored as kind "Book""#) == true)
    #expect(try await datastore.get(key, as: Author.self).value == Author(key: key, name: "Ann"))
  }

  @Test func `An entity of another kind is not read, although all its properties are optional`()
    async throws
  {
    let key = try await datastore.put(Author(name: "Ann")).value

    let error = await #expect(throws: DatastoreError.self) {
      try await datastore.get(key, as: Book.self).value
    }

    #expect(error?.code == .decodingFailed)
    #expect(
      error?.message.contains(#"The entity is of kind "Author", and Book is stored"#) == true)
  }
}
