// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

extension ContractScene {
  func begin(_ mode: TransactionMode = .readWrite()) async throws -> TransactionID {
    try await backend.beginTransaction(mode)
  }

  /// The values of entities that a transaction sees. `nil` if it was aborted.
  func values(_ names: String..., in id: TransactionID) async throws -> [Value?]? {
    try await values(of: names.map { key($0) }, in: id)
  }

  func values(of keys: [Key], in id: TransactionID) async throws -> [Value?]? {
    try await unlessAborted {
      var found: [Key: Entity] = [:]
      var wanted = keys
      while !wanted.isEmpty {
        let reply = try await backend.lookup(wanted, in: .running(id))
        for entity in reply.found { if let key = entity.key { found[key] = entity } }
        wanted = reply.deferred
      }
      return keys.map { found[$0]?["value"] }
    }
  }

  /// The names of things with this value that a transaction finds, all or only the descendants of
  /// one. `nil` if it was aborted.
  func names(
    withValue value: Value, below parent: Key? = nil, in id: TransactionID
  ) async throws -> [String]? {
    try await unlessAborted {
      var items: [QueryReply.Item] = []
      let filter = QueryFilter.property("value", .equal, value)
      var rest = request(parent.map { .and([.ancestor($0), filter]) } ?? filter)
      while true {
        let reply = try await backend.query(rest, in: .running(id))
        items += reply.items
        guard reply.more == .notFinished else { break }
        rest.startCursor = reply.endCursor
      }
      return items.compactMap(\.entity.key?.name)
    }
  }

  /// Whether the commit of a transaction succeeded. `false` if it was aborted.
  func commits(_ id: TransactionID, _ mutations: Mutation...) async throws -> Bool {
    try await unlessAborted { try await backend.commit(mutations, in: .running(id)) } != nil
  }

  /// The result of `body`. `nil` if it fails with `aborted`.
  func unlessAborted<T>(_ body: () async throws -> T) async throws -> T? {
    do {
      return try await body()
    } catch let error as DatastoreError where error.code == .aborted {
      return nil
    }
  }

  /// Runs `body` with a datastore on the backend.
  func withDatastore(_ body: (Datastore) async throws -> Void) async throws {
    try await body(Datastore(backend: backend))
  }

  /// Checks that something fails with a code.
  func expect(
    _ code: DatastoreError.Code, fileID: String = #fileID, line: Int = #line,
    from body: () async throws -> Void
  ) async throws {
    do {
      try await body()
    } catch let error as DatastoreError {
      return try expect(
        error.code, equals: code, "the code of \(error)", fileID: fileID, line: line)
    }
    throw ContractViolation(
      expected: "a failure with \(code)", found: "success", fileID: fileID, line: line)
  }
}
