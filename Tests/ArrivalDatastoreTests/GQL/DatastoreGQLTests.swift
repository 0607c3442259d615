import Arrival
import ArrivalDatastore
import Testing

/// What a datastore does with texts that it cannot ask.
struct DatastoreGQLTests {
  private let datastore = Datastore(backend: ScriptedBackend())

  @Test("A text that cannot be read fails the futures, with the place in the message")
  func unreadable() async throws {
    let error = try #require(
      await datastore.gql("SELECT * FORM Task").fetch().getException() as? DatastoreError)
    #expect(error.code == .invalidArgument)
    #expect(error.message.contains("line 1, column 10") && error.message.contains("FROM"))
    #expect(error.cause is TextError)
    let values = datastore.aggregate(gql: "SELECT COUNT(*) FORM Task")
    #expect((await values.getException() as? DatastoreError)?.cause is TextError)
  }

  @Test("Values and results are asked for by methods of their own, and the other is named")
  func wrongMethod() async throws {
    let results = await datastore.gql("SELECT COUNT(*) FROM Task").fetch().getException()
    #expect("\(try #require(results))".contains("aggregate(gql:)"))
    let values = await datastore.aggregate(gql: "SELECT * FROM Task").getException()
    #expect("\(try #require(values))".contains("gql(_:)"))
  }
}
