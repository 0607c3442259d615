// SPDX-License-Identifier: Apache-2.0
import DatastoreModel
import Testing

@testable import DatastoreEngine

/// The places that an entity's combinations of values take in the order of a query.
@Suite struct QueryEvaluationTests {
  private let key = Key("K", id: 1)

  private func rows(_ request: QueryRequest, _ entity: Entity) throws -> [QueryEvaluation.Row] {
    var writer = BlobWriter()
    KeyCodec.encode(key, into: &writer)
    return try QueryEvaluation(NormalizedQuery(request)).rows(entity, key: writer.bytes)
  }

  @Test func `A prefix sorts after longer texts in a descending projection`() throws {
    var request = QueryRequest(kind: "K")
    request.projection = ["text"]
    // The key comes first, so the text is the end of the position.
    request.orders = [QueryOrder("__key__"), QueryOrder("text", .descending)]
    let entity = Entity(key, ["text": .indexed(["x", "x\u{0}", "x\u{0}\u{0}", "w"])])
    let texts = try rows(request, entity).map { $0.entity["text"] }
    #expect(texts == ["x\u{0}\u{0}", "x\u{0}", "x", "w"])
  }
}
