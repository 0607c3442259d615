// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import Testing

/// What a datastore does with texts that it cannot ask.
struct DatastoreGQLTests {
  private let datastore = Datastore(backend: ScriptedBackend())

  @Test func `A text that cannot be parsed fails the futures with its position`()
    async throws
  {
    let error = try #require(
      await datastore.gql("SELECT * FORM Task").fetch().getException() as? DatastoreError)
    #expect(error.code == .invalidArgument)
    #expect(error.message.contains("line 1, column 10") && error.message.contains("FROM"))
    #expect(error.cause is TextError)
    let values = datastore.aggregate(gql: "SELECT COUNT(*) FORM Task")
    #expect((await values.getException() as? DatastoreError)?.cause is TextError)
  }

  @Test func `A query for values refuses the method for results, and the reverse, with advice`()
    async throws
  {
    let results = await datastore.gql("SELECT COUNT(*) FROM Task").fetch().getException()
    #expect("\(try #require(results))".contains("aggregate(gql:)"))
    let values = await datastore.aggregate(gql: "SELECT * FROM Task").getException()
    #expect("\(try #require(values))".contains("gql(_:)"))
  }
}
