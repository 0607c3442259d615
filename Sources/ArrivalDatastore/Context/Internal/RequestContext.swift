// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// The context of one `withContext`: the effects around ``ContextTable``.
final class RequestContext: Sendable {
  typealias Owner = any AnyObject & Sendable

  /// The innermost context of the calling task, of any datastore.
  @TaskLocal static var current: RequestContext?

  /// The core of the datastore that the context belongs to.
  private let owner: Owner
  private let configuration: ContextConfiguration
  private let parent: RequestContext?
  private let table: Lock<ContextTable>

  init(_ owner: Owner, _ configuration: ContextConfiguration, parent: RequestContext?) {
    self.owner = owner
    self.configuration = configuration
    self.parent = parent
    table = Lock(ContextTable(capacity: configuration.maxEntities))
  }

  /// Forgets all entities. Tasks that outlive the request look entities up again, but stay in the
  /// namespace and keep the hooks: what runs later is still of the same tenant.
  func close() { table.withLock { $0.close() } }

  /// The innermost open context of a datastore.
  static func of(_ owner: Owner) -> RequestContext? {
    // Most gets are outside of all contexts and end here.
    current == nil ? nil : all(of: owner).first
  }

  /// The open contexts of a datastore, the innermost first.
  private static func all(of owner: Owner) -> [RequestContext] {
    around(owner).filter { context in context.table.withLock { $0.isOpen } }
  }

  /// The contexts of a datastore in which the calling code was started, the innermost first. Some
  /// may have returned.
  private static func around(_ owner: Owner) -> [RequestContext] {
    var found: [RequestContext] = []
    var next = current
    while let context = next {
      if context.owner === owner { found.append(context) }
      next = context.parent
    }
    return found
  }

  /// The namespaces of the contexts of a datastore, the innermost first.
  static func namespaces(_ owner: Owner) -> [String] {
    around(owner).compactMap(\.configuration.namespace).filter { !$0.isEmpty }
  }

  /// The hooks of the contexts of a datastore, the outermost first.
  static func hooks(_ owner: Owner) -> [any EntityHooks] {
    around(owner).reversed().flatMap(\.configuration.hooks)
  }

  var count: Int { table.withLock { $0.count } }

  func clear() { table.withLock { $0.clear() } }

  func forget(_ key: Key) { table.withLock { $0.drop(key) } }

  /// The entity of a key, from memory or from `load`.
  func get(
    _ key: Key, fresh: Bool, at site: SourceSite, _ load: () -> Future<Entity?>
  ) -> Future<Entity?> {
    let keeps = configuration.keeps?(key) ?? true
    let kept: Future<Entity?>
    switch table.withLock({ $0.get(key, fresh: fresh || !keeps) }) {
    case .hit(let future):
      kept = future
    case .load(let ticket):
      let future = load()
      if !keeps { return future }
      kept = table.withLock { $0.loaded(future, key, ticket) }
    }
    // Each caller gets its own future, so cancelling one does not cancel the others.
    if kept.done() { return kept }
    return kept.map(at: site) { $0 }
  }

  /// Notes a requested change. `future` is done with the key when the change is durable, and
  /// `outcome` has the entity's new version then.
  ///
  /// - Parameter load: Reads the entity after the change, if the change does not tell what it is.
  /// - Returns: A future that is done when the contexts have noted the result. So a task that goes
  ///   on after a refused write never finds in its context what was not written.
  static func wrote(
    _ mutation: Mutation, _ future: Future<Key>, _ outcome: WriteOutcome, _ owner: Owner,
    at site: SourceSite, _ load: @escaping @Sendable (Key) -> Future<Entity?>
  ) -> Future<Key> {
    guard let key = mutation.key else { return future }
    let notes = all(of: owner).map { $0.note(of: mutation, key, future, outcome, load) }
    if notes.isEmpty { return future }
    return future.always(at: site) { result in
      let isWritten = if case .success = result { true } else { false }
      for note in notes { note(isWritten) }
    }
  }

  /// Notes a requested change; the returned closure notes whether it was written.
  private func note(
    of mutation: Mutation, _ key: Key, _ future: Future<Key>, _ outcome: WriteOutcome,
    _ load: @escaping @Sendable (Key) -> Future<Entity?>
  ) -> @Sendable (_ isWritten: Bool) -> Void {
    if !key.isComplete {
      return { [self] in if $0 { committed(mutation, outcome.result) } }
    }
    if mutation.dependsOnStoredEntity {
      let entity = Future<Entity?>("entity after a change") {
        _ = try? await future.value
        return try await load(key).value
      }
      let write = put(entity, key)
      return { [self] in written(key, write, isWritten: $0) }
    }
    let write = put(Future(value: mutation.entity?.unversioned), key)
    return { [self] isWritten in
      if isWritten {
        written(key, write, as: mutation.entity?.written(outcome.result))
      } else {
        written(key, write, isWritten: false)
      }
    }
  }

  /// Notes that a transaction has written these mutations, with one result for each. Without
  /// results, it may have written them.
  static func committed(_ mutations: [Mutation], _ results: [MutationResult]?, _ owner: Owner) {
    for context in all(of: owner) {
      for (place, mutation) in mutations.enumerated() {
        if let results, results.count == mutations.count {
          context.committed(mutation, results[place])
        } else if let key = mutation.key {
          context.table.withLock { $0.remove(key) }
        }
      }
    }
  }

  /// A change that the context has noted.
  private struct Write {
    var token: Int
    /// Whether the configuration kept the entity when the change was requested.
    var keeps: Bool
  }

  /// Notes a change of any key, so that the context returns its own writes until they are durable.
  private func put(_ future: Future<Entity?>, _ key: Key) -> Write {
    let keeps = configuration.keeps?(key) ?? true
    return Write(token: table.withLock { $0.put(future, key) }, keeps: keeps)
  }

  private func written(_ key: Key, _ write: Write, isWritten: Bool) {
    table.withLock { table in
      table.written(key, write.token, isWritten: isWritten)
      if !write.keeps { table.forget(key, write.token) }
    }
  }

  /// Notes that a change is durable, and the entity that is stored now.
  private func written(_ key: Key, _ write: Write, as entity: Entity?) {
    let stored = Future(value: entity)
    table.withLock { $0.replace(key, write.token, with: stored) }
    written(key, write, isWritten: true)
  }

  /// Notes a change that is durable.
  private func committed(_ mutation: Mutation, _ result: MutationResult?) {
    guard let key = result?.key ?? mutation.key, key.isComplete else { return }
    if mutation.dependsOnStoredEntity {
      table.withLock { $0.remove(key) }
    } else {
      let entity = mutation.entity?.written(result)
      written(key, put(Future(value: entity), key), isWritten: true)
    }
  }
}

extension Entity {
  /// The entity without version and times, which are those of a state before it is written.
  var unversioned: Entity {
    var entity = self
    entity.version = nil
    entity.createTime = nil
    entity.updateTime = nil
    return entity
  }

  /// The entity as it was written, with the key, the version and the times of the result.
  func written(_ result: MutationResult?) -> Entity {
    var entity = self
    entity.key = result?.key ?? key
    entity.version = result?.version
    entity.createTime = result?.createTime
    entity.updateTime = result?.updateTime
    return entity
  }
}
