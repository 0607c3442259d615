// SPDX-License-Identifier: Apache-2.0
internal import ArrivalDatastore

/// The backend and the namespace of one case, with the steps that cases consist of.
struct ContractScene: Sendable {
  let backend: any DatastoreBackend
  let namespace: String

  init(_ backend: any DatastoreBackend) {
    self.backend = backend
    self.namespace = "contract-\(UInt64.random(in: 0...(.max)))"
  }

  func key(_ name: String, below parent: Key? = nil) -> Key {
    Key("Thing", name: name, parent: parent, namespace: namespace)
  }

  func entity(
    _ name: String, _ value: Value = "something", below parent: Key? = nil
  ) -> Entity {
    Entity(key(name, below: parent), ["value": .indexed(value)])
  }

  /// Commits and checks that the reply names a key for each mutation.
  @discardableResult
  func commit(
    _ mutations: Mutation..., fileID: String = #fileID, line: Int = #line
  ) async throws -> [Key] {
    try await commit(all: mutations, fileID: fileID, line: line)
  }

  @discardableResult
  func commit(
    all mutations: [Mutation], fileID: String = #fileID, line: Int = #line
  ) async throws -> [Key] {
    let keys = try await backend.commit(mutations).keys
    try expect(
      keys.count, equals: mutations.count, "one key for each mutation", fileID: fileID, line: line)
    return keys
  }

  /// Looks keys up until none is deferred.
  func lookup(
    _ keys: [Key], fileID: String = #fileID, line: Int = #line
  ) async throws -> [Key: Entity] {
    var found: [Key: Entity] = [:]
    var wanted = keys
    while !wanted.isEmpty {
      let reply = try await backend.lookup(wanted)
      guard reply.deferred.count < wanted.count else {
        throw ContractViolation(
          expected: "a lookup that makes progress", found: "all \(wanted.count) keys deferred",
          fileID: fileID, line: line)
      }
      for entity in reply.found {
        guard let key = entity.key, keys.contains(key) else {
          throw ContractViolation(
            expected: "entities of the requested keys", found: "\(entity)", fileID: fileID,
            line: line)
        }
        try expect(found[key], equals: nil, "each entity once", fileID: fileID, line: line)
        found[key] = entity
      }
      wanted = reply.deferred
    }
    return found
  }

  func lookup(
    _ key: Key, fileID: String = #fileID, line: Int = #line
  ) async throws -> Entity? {
    try await lookup([key], fileID: fileID, line: line)[key]
  }

  func expect<T: Equatable>(
    _ found: T, equals expected: T, _ what: String, fileID: String = #fileID, line: Int = #line
  ) throws(ContractViolation) {
    guard found != expected else { return }
    throw ContractViolation(
      expected: "\(what): \(expected)", found: "\(found)", fileID: fileID, line: line)
  }

  /// Checks that a commit fails with a code.
  func expectFailure(
    _ code: DatastoreError.Code, of mutations: Mutation..., fileID: String = #fileID,
    line: Int = #line
  ) async throws {
    do {
      let reply = try await backend.commit(mutations)
      throw ContractViolation(
        expected: "a failure with \(code)", found: "success with \(reply.keys)", fileID: fileID,
        line: line)
    } catch let error as DatastoreError {
      try expect(error.code, equals: code, "the code", fileID: fileID, line: line)
    }
  }
}
