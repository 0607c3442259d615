// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import ArrivalDatastore
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import DatastoreProtos
  internal import GRPCCore
  internal import SwiftProtobuf

  extension RequestHandler {
    /// The most results of one reply. Google's service sends as many, and clients read on.
    static let batchResults = 300

    func runQuery(
      _ request: Wire.RunQueryRequest, from peer: String
    ) async throws -> Wire.RunQueryResponse {
      let target = try await target(
        request.projectID, request.databaseID, request.readOptions)
      let format = target.format
      let namespace = try format.namespace(of: request.partitionID)
      var response = Wire.RunQueryResponse()
      let query: QueryRequest
      switch request.queryType {
      case .query(let message)?: query = try format.decode(message, namespace: namespace)
      case .gqlQuery(let message)?:
        let gql = try parse(message, namespace, format)
        guard gql.aggregations.isEmpty else {
          throw ServerFailure(
            .invalidArgument, "The query computes values. Use RunAggregationQuery for it.")
        }
        query = gql.request
        response.query = try format.encode(query)
      case nil: throw ServerFailure(.invalidArgument, "The request has no query.")
      }
      var options = ReadOptions(try format.consistency(of: request.readOptions))
      if request.hasPropertyMask { options.propertyMask = request.propertyMask.paths }
      if request.hasExplainOptions {
        options.explainOptions = ExplainOptions(analyze: request.explainOptions.analyze)
      }
      let reply = try await batch(of: query, options, target, peer)
      if options.explainOptions?.analyze != false {
        response.batch = format.encode(reply, of: query)
      }
      // Clients take the metrics from the last part.
      if reply.more != .notFinished, let metrics = reply.explainMetrics {
        response.explainMetrics = format.encode(metrics)
      }
      if let id = reply.transaction { response.transaction = format.encode(id) }
      return response
    }

    /// A part of the results that fits into a reply.
    private func batch(
      of query: QueryRequest, _ options: ReadOptions, _ target: Target, _ peer: String
    ) async throws -> QueryReply {
      try query.check()
      var asked = query
      if query.findNearest == nil { asked.limit = min(query.limit ?? .max, Self.batchResults) }
      let isCut = asked.limit != query.limit
      var reply = try await transactions.reading(
        options.transaction, on: target, peer, \.transaction
      ) { [asked] in
        try await target.backend.query(asked, options: options)
      }
      if isCut, reply.more == .afterLimit { reply.more = .notFinished }
      // Such a query has no cursors, so a client could not read on.
      if query.findNearest != nil { return reply }
      var room = MessageRoom()
      room.reserve(reply.endCursor.bytes.count + (reply.skippedCursor?.bytes.count ?? 0))
      for (index, item) in reply.items.enumerated() {
        let result = target.format.encode(result: item.entity)
        if try room.take(result, item.entity, cursor: item.cursor.bytes.count) { continue }
        reply.items.removeSubrange(index...)
        reply.endCursor = reply.items[index - 1].cursor
        reply.more = .notFinished
        break
      }
      return reply
    }

    func runAggregationQuery(
      _ request: Wire.RunAggregationQueryRequest, from peer: String
    ) async throws -> Wire.RunAggregationQueryResponse {
      let target = try await target(
        request.projectID, request.databaseID, request.readOptions)
      let format = target.format
      let namespace = try format.namespace(of: request.partitionID)
      var response = Wire.RunAggregationQueryResponse()
      let query: AggregationRequest
      let aliases: [String]
      switch request.queryType {
      case .aggregationQuery(let message)?:
        (query, aliases) = try decode(message, namespace, format)
      case .gqlQuery(let message)?:
        let gql = try parse(message, namespace, format)
        guard !gql.aggregations.isEmpty else {
          throw ServerFailure(
            .invalidArgument, "The query computes no values. Use RunQuery for it.")
        }
        query = AggregationRequest(query: gql.request, aggregations: gql.aggregations)
        aliases = gql.aliases
        response.query = try format.encode(query, aliases: aliases)
      case nil: throw ServerFailure(.invalidArgument, "The request has no query.")
      }
      try query.check()
      for alias in aliases { try Self.check(alias: alias) }
      var options = ReadOptions(try format.consistency(of: request.readOptions))
      if request.hasExplainOptions {
        options.explainOptions = ExplainOptions(analyze: request.explainOptions.analyze)
      }
      let reply = try await transactions.reading(
        options.transaction, on: target, peer, \.transaction
      ) { [options] in
        try await target.backend.aggregate(query, options: options)
      }
      if let metrics = reply.explainMetrics { response.explainMetrics = format.encode(metrics) }
      if let id = reply.transaction { response.transaction = format.encode(id) }
      if options.explainOptions?.analyze == false { return response }
      response.batch = .with {
        if let time = reply.readTime { $0.readTime = format.encode(time) }
        $0.aggregationResults = [
          .with {
            for (alias, value) in zip(aliases, reply.values) {
              $0.aggregateProperties[alias] = format.encode(value)
            }
          }
        ]
        $0.moreResults = .noMoreResults
      }
      return response
    }

    private func decode(
      _ message: Wire.AggregationQuery, _ namespace: String, _ format: WireFormat
    ) throws -> (AggregationRequest, aliases: [String]) {
      guard case .nestedQuery(let nested)? = message.queryType else {
        throw ServerFailure(.invalidArgument, "The aggregation has no nested query.")
      }
      var aliases: [String] = []
      var unnamed = 0
      let aggregations = try message.aggregations.map { message in
        if message.alias.isEmpty { unnamed += 1 }
        let alias = message.alias.isEmpty ? "property_\(unnamed)" : message.alias
        guard !aliases.contains(alias) else {
          throw ServerFailure(
            .invalidArgument,
            "Two aggregations have the alias \"\(alias.clipped())\". Rename one.")
        }
        aliases.append(alias)
        return try aggregation(message)
      }
      return (
        AggregationRequest(
          query: try format.decode(nested, namespace: namespace), aggregations: aggregations),
        aliases
      )
    }

    /// Checks the name of a computed value, which is that of a property.
    private static func check(alias: String) throws {
      do {
        try Limits.check(propertyName: alias)
      } catch {
        throw ServerFailure(
          .invalidArgument,
          "The alias \"\(alias.clipped())\" cannot be the name of a property. \(error.message)")
      }
    }

    private func aggregation(
      _ message: Google_Datastore_V1_AggregationQuery.Aggregation
    ) throws -> Aggregation {
      switch message.operator {
      case .count(let count)?:
        guard !count.hasUpTo || count.upTo.value >= 0 else {
          throw ServerFailure(.invalidArgument, "up_to must not be negative.")
        }
        return .count(upTo: count.hasUpTo ? Int(clamping: count.upTo.value) : nil)
      case .sum(let sum)?: return .sum(sum.property.name)
      case .avg(let average)?: return .average(average.property.name)
      case nil:
        throw ServerFailure(
          .invalidArgument, "An aggregation has no operator. Use count, sum or avg.")
      }
    }

    private func parse(
      _ message: Wire.GQLQuery, _ namespace: String, _ format: WireFormat
    ) throws -> GQLQuery {
      let positional = try message.positionalBindings.map { try binding($0, format) }
      let named = try message.namedBindings.mapValues { try binding($0, format) }
      do {
        return try GQLQuery(
          message.queryString, bindings: positional, named: named, namespace: namespace,
          project: format.project, allowsLiterals: message.allowLiterals)
      } catch {
        throw ServerFailure(.invalidArgument, error.description)
      }
    }

    private func binding(
      _ message: Google_Datastore_V1_GqlQueryParameter, _ format: WireFormat
    ) throws -> GQLQuery.Binding {
      switch message.parameterType {
      case .value(let value)?: .value(try format.decode(value))
      case .cursor(let bytes)?: .cursor(QueryCursor(bytes: [UInt8](bytes)))
      case nil: throw ServerFailure(.invalidArgument, "A binding of the query has no value.")
      }
    }
  }
#endif
