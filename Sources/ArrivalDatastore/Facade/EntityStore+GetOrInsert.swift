// SPDX-License-Identifier: Apache-2.0
public import Arrival

extension EntityStore {
  /// Reads an entity, or inserts this one if there is none.
  ///
  /// Of several callers with one key, one inserts its entity and all get that one.
  ///
  /// - Returns: A future of the stored entity. It fails as those of `get` and `insert` do. In a
  ///   transaction, a new entity is stored with the commit, and has no version before.
  public func getOrInsert(
    _ entity: Entity, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<Entity> {
    getOrInsert(entity, at: SourceSite(function: function, file: file, line: line))
  }

  /// Reads a value, or inserts this one if there is none; see
  /// ``getOrInsert(_:function:file:line:)-(Entity,_,_,_)``.
  public func getOrInsert<T: DatastoreEntity>(
    _ value: T, function: StaticString = #function, file: StaticString = #fileID,
    line: UInt = #line
  ) -> Future<T> {
    let site = SourceSite(function: function, file: file, line: line)
    do throws(DatastoreError) {
      let entity = try EntityEncoder().encode(value)
      return getOrInsert(entity, at: site).map(at: site) {
        try EntityDecoder().decode(T.self, from: $0)
      }
    } catch {
      return Future(error: error, at: site)
    }
  }
}

extension Datastore {
  /// Reads an entity, or inserts this one if there is none.
  ///
  /// - Returns: A future of the stored entity. It fails as those of `get` and `insert` do, and with
  ///   `aborted` if others insert and delete the entity all the time.
  public func getOrInsert(_ entity: Entity, at site: SourceSite) -> Future<Entity> {
    Future("get or insert", on: core.executor, at: site) { [self] in
      let key = try entity.requireCompleteKey()
      // An entity that others delete and insert all the time is not waited for.
      for _ in 0..<16 {
        if let found = try await get(key, at: site).value { return found }
        do {
          let outcome = WriteOutcome()
          _ = try await write(.insert(entity), outcome, at: site).value
          // Hooks may have changed it, and its key has got the namespace.
          return (outcome.mutation?.entity ?? entity).written(outcome.result)
        } catch let error as DatastoreError where error.code == .alreadyExists { continue }
      }
      throw DatastoreError(
        .aborted, "Others insert and delete the entity all the time. Try again later.", key: key)
    }
  }
}

extension Entity {
  /// The key, with which the entity can be read.
  func requireCompleteKey() throws(DatastoreError) -> Key {
    if let key, key.isComplete { return key }
    throw DatastoreError(
      .invalidArgument, "An entity without a complete key cannot be read. Use insert.", key: key)
  }
}
