// SPDX-License-Identifier: Apache-2.0
#if Cloud
  package import DatastoreModel
  internal import FoundationEssentials
  internal import SwiftProtobuf

  extension WireFormat {
    /// The message of a query.
    ///
    /// - Throws: `DatastoreError` with the code `invalidArgument` if the offset exceeds
    ///   `Int32.max`, or if a cursor is empty.
    package func encode(_ request: QueryRequest) throws(DatastoreError) -> Wire.Query {
      var message = Wire.Query()
      if let kind = request.kind { message.kind = [.with { $0.name = kind }] }
      if let filter = request.filter { message.filter = encode(filter) }
      message.order = request.orders.map { order in
        .with {
          $0.property.name = order.property
          $0.direction = order.direction == .ascending ? .ascending : .descending
        }
      }
      message.projection = request.projection.map { name in .with { $0.property.name = name } }
      message.distinctOn = request.distinctOn.map { name in .with { $0.name = name } }
      if let cursor = request.startCursor { message.startCursor = try encode(cursor) }
      if let cursor = request.endCursor { message.endCursor = try encode(cursor) }
      guard let offset = Int32(exactly: request.offset) else {
        throw DatastoreError(
          .invalidArgument,
          """
          The offset is \(request.offset); the Datastore API accepts up to \(Int32.max). Use a \
          cursor instead.
          """)
      }
      message.offset = offset
      // A reply never has more results, and the caller continues where the reply ends.
      if let limit = request.limit { message.limit.value = Int32(clamping: limit) }
      if let search = request.findNearest { message.findNearest = encode(search) }
      return message
    }

    /// An empty cursor would be read as none, and the query would begin anew.
    private func encode(_ cursor: QueryCursor) throws(DatastoreError) -> Data {
      if cursor.bytes.isEmpty {
        throw DatastoreError(.invalidArgument, "The cursor is damaged: it is empty.")
      }
      return Data(cursor.bytes)
    }

    private func encode(_ search: FindNearest) -> Google_Datastore_V1_FindNearest {
      .with {
        $0.vectorProperty.name = search.vectorProperty
        $0.queryVector = encode(.array(search.queryVector.map { .double($0) }), isIndexed: false)
        // The mark of a vector.
        $0.queryVector.meaning = 31
        $0.distanceMeasure =
          switch search.distanceMeasure {
          case .euclidean: .euclidean
          case .cosine: .cosine
          case .dotProduct: .dotProduct
          }
        $0.limit.value = Int32(clamping: search.limit)
        if let name = search.distanceResultProperty { $0.distanceResultProperty = name }
        if let threshold = search.distanceThreshold { $0.distanceThreshold.value = threshold }
      }
    }

    /// The message of a filter.
    package func encode(_ filter: QueryFilter) -> Wire.Filter {
      var message = Wire.Filter()
      switch filter {
      case .property(let name, let comparison, let value):
        message.propertyFilter = .with {
          $0.property.name = name
          $0.op = encode(comparison)
          $0.value = encode(value)
        }
      case .ancestor(let key):
        message.propertyFilter = .with {
          $0.property.name = "__key__"
          $0.op = .hasAncestor
          $0.value.keyValue = encode(key)
        }
      case .and(let filters):
        message.compositeFilter = .with {
          $0.op = .and
          $0.filters = filters.map(encode)
        }
      case .or(let filters):
        message.compositeFilter = .with {
          $0.op = .or
          $0.filters = filters.map(encode)
        }
      }
      return message
    }

    private func encode(_ comparison: QueryFilter.Comparison) -> Wire.PropertyFilter.Operator {
      switch comparison {
      case .equal: .equal
      case .notEqual: .notEqual
      case .lessThan: .lessThan
      case .lessThanOrEqual: .lessThanOrEqual
      case .greaterThan: .greaterThan
      case .greaterThanOrEqual: .greaterThanOrEqual
      case .isIn: .in
      case .isNotIn: .notIn
      }
    }

    /// The reply to a query.
    ///
    /// - Throws: `DatastoreError` with the code `dataLoss` if an entity cannot be read, and
    ///   `internal` if the batch does not say whether there are more results.
    package func decode(_ batch: Wire.QueryBatch) throws(DatastoreError) -> QueryReply {
      var items: [QueryReply.Item] = []
      items.reserveCapacity(batch.entityResults.count)
      for result in batch.entityResults {
        var entity = try decode(result.entity)
        note(result, in: &entity)
        items.append(.init(entity: entity, cursor: QueryCursor(bytes: [UInt8](result.cursor))))
      }
      let more: QueryReply.More =
        switch batch.moreResults {
        case .notFinished: .notFinished
        case .moreResultsAfterLimit: .afterLimit
        case .moreResultsAfterCursor: .afterCursor
        case .noMoreResults: .none
        case .unspecified, .UNRECOGNIZED:
          throw DatastoreError(
            .internal, "The server did not say whether the query has more results.")
        }
      var reply = QueryReply(
        items: items, skipped: Int(batch.skippedResults),
        endCursor: QueryCursor(bytes: [UInt8](batch.endCursor)), more: more,
        readTime: batch.hasReadTime ? try? decode(batch.readTime) : nil)
      if batch.snapshotVersion != 0 { reply.snapshotVersion = batch.snapshotVersion }
      return reply
    }

    /// The message of an aggregation.
    ///
    /// - Parameter aliases: The names of the values in the reply. Default: `a0`, `a1` and so on.
    package func encode(
      _ request: AggregationRequest, aliases: [String]? = nil
    ) throws(DatastoreError) -> Wire.AggregationQuery {
      var message = Wire.AggregationQuery()
      message.nestedQuery = try encode(request.query)
      message.aggregations = request.aggregations.enumerated().map { index, aggregation in
        .with {
          $0.alias = aliases?[index] ?? "a\(index)"
          switch aggregation {
          case .count(let limit):
            $0.count = .with { if let limit { $0.upTo.value = Int64(limit) } }
          case .sum(let name): $0.sum.property.name = name
          case .average(let name): $0.avg.property.name = name
          }
        }
      }
      return message
    }

    /// The values of an aggregation, in the order of the request.
    ///
    /// - Throws: `DatastoreError` with the code `internal` if the reply omits a value.
    package func decode(
      _ reply: Wire.RunAggregationQueryResponse, count: Int
    ) throws(DatastoreError) -> AggregationReply {
      let properties = reply.batch.aggregationResults.first?.aggregateProperties ?? [:]
      var values: [Value] = []
      for index in 0..<count {
        guard let value = properties["a\(index)"] else {
          throw DatastoreError(
            .internal,
            "The server's reply omits the value of aggregation \(index + 1) of \(count).")
        }
        values.append(try decode(value))
      }
      return AggregationReply(
        values: values, readTime: reply.batch.hasReadTime ? try? decode(reply.batch.readTime) : nil)
    }
  }
#endif
