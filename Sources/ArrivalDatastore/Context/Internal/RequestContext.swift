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

  /// Forgets all entities. Tasks that outlive the request continue without the context.
  func close() { table.withLock { $0.close() } }

  /// The innermost open context of a datastore.
  static func of(_ owner: Owner) -> RequestContext? {
    // Most gets are outside of all contexts and end here.
    current == nil ? nil : all(of: owner).first
  }

  private static func all(of owner: Owner) -> [RequestContext] {
    var found: [RequestContext] = []
    var next = current
    while let context = next {
      if context.owner === owner, context.table.withLock({ $0.isOpen }) {
        found.append(context)
      }
      next = context.parent
    }
    return found
  }

  /// The namespaces of the open contexts of a datastore, the innermost first.
  static func namespaces(_ owner: Owner) -> [String] {
    all(of: owner).compactMap(\.configuration.namespace).filter { !$0.isEmpty }
  }

  /// The hooks of the open contexts of a datastore, the outermost first.
  static func hooks(_ owner: Owner) -> [any EntityHooks] {
    all(of: owner).reversed().flatMap(\.configuration.hooks)
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

  /// Notes a requested change. `future` is done with the key when the change is durable.
  ///
  /// - Parameter load: Reads the entity after the change, if the change does not tell what it is.
  static func wrote(
    _ mutation: Mutation, _ future: Future<Key>, _ owner: Owner,
    _ load: @escaping @Sendable (Key) -> Future<Entity?>
  ) {
    guard current != nil, let key = mutation.key else { return }
    for context in all(of: owner) {
      if key.isComplete {
        let entity =
          mutation.dependsOnStoredEntity
          ? Future<Entity?>("entity after a change") {
            _ = try? await future.value
            return try await load(key).value
          } : Future(value: mutation.entity)
        let write = context.put(entity, key)
        future.onCompletion { [context] result in
          let isWritten = if case .success = result { true } else { false }
          context.written(key, write, isWritten: isWritten)
        }
      } else {
        future.onCompletion { [context] result in
          guard case .success(let key) = result, let entity = mutation.entity,
            !mutation.dependsOnStoredEntity
          else { return }
          context.committed(Entity(key, entity.properties), key)
        }
      }
    }
  }

  /// Notes that a transaction has written these mutations, or may have if `isCertain` is `false`.
  static func committed(_ mutations: [Mutation], isCertain: Bool, _ owner: Owner) {
    for context in all(of: owner) {
      for mutation in mutations {
        guard let key = mutation.key else { continue }
        if isCertain, !mutation.dependsOnStoredEntity {
          context.committed(mutation.entity, key)
        } else {
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

  private func committed(_ entity: Entity?, _ key: Key) {
    written(key, put(Future(value: entity), key), isWritten: true)
  }
}
