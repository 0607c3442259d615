// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// The hooks that apply to a call, in their order.
struct HookList: Sendable {
  let hooks: [any EntityHooks]

  /// The future of a get, with the hooks around it.
  func get(
    _ key: Key, at site: SourceSite, _ read: () -> Future<Entity?>
  ) -> Future<Entity?> {
    do {
      for hook in hooks { try hook.beforeGet(key) }
    } catch {
      return Future(error: error, at: site)
    }
    return read().always { outcome in
      for hook in hooks.reversed() { hook.afterGet(key, outcome) }
    }
  }

  /// The mutation as the hooks leave it.
  func before(_ mutation: Mutation) throws -> Mutation {
    var changed = mutation
    switch mutation.operation {
    case .insert(var entity):
      try prepare(&entity)
      changed.operation = .insert(entity)
    case .update(var entity):
      try prepare(&entity)
      changed.operation = .update(entity)
    case .upsert(var entity):
      try prepare(&entity)
      changed.operation = .upsert(entity)
    case .delete(let key):
      for hook in hooks { try hook.beforeDelete(key) }
    }
    return changed
  }

  private func prepare(_ entity: inout Entity) throws {
    for hook in hooks { try hook.beforePut(&entity) }
  }

  /// Tells the hooks what came of a mutation.
  ///
  /// - Parameter result: The result, if the mutation could have a conflict.
  func after(
    _ mutation: Mutation, _ outcome: Result<Key, any Error>, _ result: MutationResult?
  ) {
    var outcome = outcome
    if case .success(let key) = outcome, result?.conflictDetected == true {
      outcome = .failure(Self.conflict(key))
    }
    for hook in hooks.reversed() {
      switch mutation.operation {
      case .insert(let entity), .update(let entity), .upsert(let entity):
        hook.afterPut(entity, outcome)
      case .delete(let key):
        hook.afterDelete(key, outcome.map { _ in })
      }
    }
  }

  private static func conflict(_ key: Key) -> DatastoreError {
    DatastoreError(
      .failedPrecondition,
      """
      The entity has changed since the version that the mutation names, and the stored entity \
      stays. The call itself has not failed.
      """, key: key)
  }
}
