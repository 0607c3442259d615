// SPDX-License-Identifier: Apache-2.0
#if Cloud
  import ArrivalDatastore
  import FoundationEssentials
  import SwiftProtobuf
  import Testing

  import DatastoreProtos
  @testable import DatastoreCloud

  @Suite struct QueryMappingTests {
    private let format = WireFormat(project: "p", database: "")

    @Test func `Every part of a query is encoded in the message`() throws {
      var request = QueryRequest(kind: "Thing", namespace: "n")
      request.filter = .and([
        .property("v", .greaterThan, 1), .ancestor(Key("A", id: 1, namespace: "n")),
        .or([.property("w", .isIn, [1, 2]), .property("w", .equal, .null)]),
      ])
      request.orders = [QueryOrder("v", .descending), QueryOrder("w")]
      request.projection = ["v", "w"]
      request.distinctOn = ["v"]
      request.startCursor = QueryCursor(bytes: [1, 2])
      request.endCursor = QueryCursor(bytes: [3])
      request.offset = 4
      request.limit = 5
      let message = try format.encode(request)
      #expect(message.kind.map(\.name) == ["Thing"])
      let parts = message.filter.compositeFilter
      #expect(parts.op == .and)
      #expect(parts.filters[0].propertyFilter.op == .greaterThan)
      #expect(parts.filters[0].propertyFilter.value.integerValue == 1)
      #expect(parts.filters[1].propertyFilter.property.name == "__key__")
      #expect(parts.filters[1].propertyFilter.op == .hasAncestor)
      #expect(parts.filters[1].propertyFilter.value.keyValue.partitionID.namespaceID == "n")
      #expect(parts.filters[2].compositeFilter.op == .or)
      #expect(
        parts.filters[2].compositeFilter.filters[0].propertyFilter.value.arrayValue.values.count
          == 2)
      #expect(message.order.map(\.property.name) == ["v", "w"])
      #expect(message.order.map(\.direction) == [.descending, .ascending])
      #expect(message.projection.map(\.property.name) == ["v", "w"])
      #expect(message.distinctOn.map(\.name) == ["v"])
      #expect(message.startCursor == Data([1, 2]))
      #expect(message.endCursor == Data([3]))
      #expect(message.offset == 4)
      #expect(message.limit.value == 5)
    }

    @Test func `A query of everything has no kind, no filter and no limit`() throws {
      let message = try format.encode(QueryRequest())
      #expect(message.kind.isEmpty)
      #expect(!message.hasFilter)
      #expect(!message.hasLimit)
    }

    @Test func `Each comparison has its own operator`() {
      let operators = QueryFilter.Comparison.allCases.map {
        format.encode(.property("v", $0, 1)).propertyFilter.op
      }
      #expect(Set(operators).count == 8)
      #expect(!operators.contains(.unspecified))
    }

    @Test func `An offset above Int32.max is refused, and a limit above it is lowered`() throws {
      var request = QueryRequest()
      request.limit = .max
      let message = try format.encode(request)
      #expect(message.limit.value == .max)
      request.offset = Int(Int32.max) + 1
      let error = try #require(throws: DatastoreError.self) { try format.encode(request) }
      #expect(error.code == .invalidArgument)
    }

    @Test func `A batch of results keeps order, cursors and whether more results follow`() throws {
      let states: [(Google_Datastore_V1_QueryResultBatch.MoreResultsType, QueryReply.More)] = [
        (.notFinished, .notFinished), (.moreResultsAfterLimit, .afterLimit),
        (.moreResultsAfterCursor, .afterCursor), (.noMoreResults, .none),
      ]
      for (wire, more) in states {
        let batch = Wire.QueryBatch.with {
          $0.skippedResults = 2
          $0.endCursor = Data([9])
          $0.moreResults = wire
          $0.entityResults = ([1, 2] as [Int64]).map { id in
            .with {
              $0.entity = format.encode(Entity(Key("A", id: id), ["v": 1]))
              $0.cursor = Data([UInt8(id)])
            }
          }
        }
        let reply = try format.decode(batch)
        #expect(reply.items.map(\.entity.key?.id) == [1, 2])
        #expect(reply.items.map(\.cursor.bytes) == [[1], [2]])
        #expect(reply.skipped == 2)
        #expect(reply.endCursor.bytes == [9])
        #expect(reply.more == more)
      }
      #expect(throws: DatastoreError.self) { try format.decode(Wire.QueryBatch()) }
    }

    @Test func `Aggregations are matched by name, and a reply that omits one is refused`()
      throws
    {
      let request = AggregationRequest(
        query: QueryRequest(kind: "A"),
        aggregations: [.count(upTo: 3), .count(), .sum("v"), .average("w")])
      let message = try format.encode(request)
      #expect(message.aggregations.map(\.alias) == ["a0", "a1", "a2", "a3"])
      #expect(message.aggregations[0].count.upTo.value == 3)
      #expect(!message.aggregations[1].count.hasUpTo)
      #expect(message.aggregations[2].sum.property.name == "v")
      #expect(message.aggregations[3].avg.property.name == "w")
      var reply = Wire.RunAggregationQueryResponse()
      reply.batch.aggregationResults = [
        .with {
          $0.aggregateProperties["a1"] = format.encode(2)
          $0.aggregateProperties["a0"] = format.encode(1)
        }
      ]
      #expect(try format.decode(reply, count: 2).values == [1, 2])
      #expect(throws: DatastoreError.self) { try format.decode(reply, count: 3) }
    }
  }
#endif
