// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension ContractScene {
  /// Writes entities of the kind `Thing` with these names.
  func store(
    _ entities: [String: Entity.Properties], fileID: String = #fileID, line: Int = #line
  ) async throws {
    try await commit(
      all: entities.map { .upsert(Entity(key($0.key), $0.value)) }, fileID: fileID, line: line)
  }

  /// A request for things in this scene's namespace.
  func request(
    _ filter: QueryFilter? = nil, order: [QueryOrder] = [],
    _ change: (inout QueryRequest) -> Void = { _ in }
  ) -> QueryRequest {
    var request = QueryRequest(kind: "Thing", namespace: namespace)
    request.filter = filter
    request.orders = order
    change(&request)
    return request
  }

  /// Which state a request reads.
  enum ReadState {
    case present
    case past(ReadOptions)
    case inside(TransactionID)
  }

  func query(_ request: QueryRequest, _ state: ReadState) async throws -> QueryReply {
    switch state {
    case .present: try await backend.query(request)
    case .past(let options): try await backend.query(request, options: options)
    case .inside(let id): try await backend.query(request, in: .running(id))
    }
  }

  func aggregate(
    _ request: AggregationRequest, _ state: ReadState
  ) async throws -> AggregationReply {
    switch state {
    case .present: try await backend.aggregate(request)
    case .past(let options): try await backend.aggregate(request, options: options)
    case .inside(let id): try await backend.aggregate(request, in: .running(id))
    }
  }

  func lookup(_ keys: [Key], _ state: ReadState) async throws -> LookupReply {
    switch state {
    case .present: try await backend.lookup(keys)
    case .past(let options): try await backend.lookup(keys, options: options)
    case .inside(let id): try await backend.lookup(keys, in: .running(id))
    }
  }

  /// All results, in as many requests as the backend needs.
  func results(
    _ request: QueryRequest, _ state: ReadState = .present, fileID: String = #fileID,
    line: Int = #line
  ) async throws -> [QueryReply.Item] {
    var items: [QueryReply.Item] = []
    var rest = request
    while true {
      let reply = try await query(rest, state)
      items += reply.items
      guard reply.more == .notFinished else { return items }
      guard !reply.items.isEmpty || reply.skipped > 0 else {
        throw ContractViolation(
          expected: "a query that makes progress", found: "no results, and not finished",
          fileID: fileID, line: line)
      }
      rest.startCursor = reply.endCursor
      rest.offset -= reply.skipped
      rest.limit = rest.limit.map { $0 - reply.items.count }
    }
  }

  /// Checks the results and their order by the names of their keys.
  func expectNames(
    _ request: QueryRequest, _ names: [String], _ what: String = "the results",
    fileID: String = #fileID, line: Int = #line
  ) async throws {
    let found = try await results(request, fileID: fileID, line: line)
    try expect(
      found.map { $0.entity.key?.name ?? "\($0.entity)" }, equals: names, what, fileID: fileID,
      line: line)
  }

  func aggregate(
    _ aggregations: Aggregation..., of request: QueryRequest? = nil
  ) async throws -> [Value] {
    try await backend.aggregate(
      AggregationRequest(query: request ?? self.request(), aggregations: aggregations)
    ).values
  }

  /// Checks that the backend refuses an aggregation.
  func expectRefusal(
    of aggregations: [Aggregation], _ query: QueryRequest? = nil, fileID: String = #fileID,
    line: Int = #line
  ) async throws {
    do {
      let reply = try await backend.aggregate(
        AggregationRequest(query: query ?? request(), aggregations: aggregations))
      throw ContractViolation(
        expected: "a refusal", found: "\(reply.values)", fileID: fileID, line: line)
    } catch let error as DatastoreError {
      try expect(
        error.code, equals: .invalidArgument, "the code of \(error)", fileID: fileID, line: line)
    }
  }

  /// Checks that the backend refuses a query.
  func expectRefusal(
    _ request: QueryRequest, naming property: String? = nil, fileID: String = #fileID,
    line: Int = #line
  ) async throws {
    do {
      let reply = try await backend.query(request)
      throw ContractViolation(
        expected: "a refusal", found: "\(reply.items.count) results", fileID: fileID, line: line)
    } catch let error as DatastoreError {
      try expect(
        error.code, equals: .invalidArgument, "the code of \(error)", fileID: fileID, line: line)
      if let property {
        try expect(
          error.property, equals: property, "the property of \(error)", fileID: fileID, line: line)
      }
    }
  }
}
