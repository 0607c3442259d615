internal import Arrival

/// One `withContext`: the effects around ``ContextTable``.
final class RequestContext: Sendable {
  /// The innermost context of the calling task, of whatever datastore.
  @TaskLocal static var current: RequestContext?

  private let datastore: Datastore
  private let configuration: Datastore.ContextConfiguration
  private let parent: RequestContext?
  private let table: Lock<ContextTable>

  init(
    _ datastore: Datastore, _ configuration: Datastore.ContextConfiguration,
    parent: RequestContext?
  ) {
    self.datastore = datastore
    self.configuration = configuration
    self.parent = parent
    table = Lock(ContextTable(capacity: configuration.maxEntities))
  }

  /// Keeps nothing any more; tasks that outlive the request go on without it.
  func close() { table.withLock { $0.close() } }

  /// The innermost open context of a datastore.
  static func of(_ datastore: Datastore) -> RequestContext? {
    // Outside of all contexts, where most gets are, this is all.
    current == nil ? nil : all(of: datastore).first
  }

  private static func all(of datastore: Datastore) -> [RequestContext] {
    var found: [RequestContext] = []
    var next = current
    while let context = next {
      if context.datastore === datastore, context.table.withLock({ $0.isOpen }) {
        found.append(context)
      }
      next = context.parent
    }
    return found
  }

  /// The entity of a key, from memory or by `load`.
  func get(
    _ key: Key, fresh: Bool, _ load: () -> Future<Entity?>, _ function: StaticString,
    _ file: StaticString, _ line: UInt
  ) -> Future<Entity?> {
    guard configuration.keeps?(key) ?? true else { return load() }
    let kept: Future<Entity?>
    switch table.withLock({ $0.get(key, fresh: fresh) }) {
    case .hit(let future):
      kept = future
    case .load(let ticket):
      let future = load()
      kept = table.withLock { $0.loaded(future, key, ticket) }
    }
    // Each has a future of its own, which may be cancelled without harm to the others.
    if kept.done() { return kept }
    return kept.map(function: function, file: file, line: line) { $0 }
  }

  /// A change was asked for; `future` brings its key when it is durable.
  static func wrote(_ mutation: Mutation, _ future: Future<Key>, _ datastore: Datastore) {
    guard current != nil, let key = mutation.key else { return }
    for context in all(of: datastore) {
      if key.isComplete {
        guard let token = context.put(mutation.entity, key) else { continue }
        future.onCompletion { [context] result in
          let isWritten = if case .success = result { true } else { false }
          context.table.withLock { $0.written(key, token, isWritten: isWritten) }
        }
      } else {
        future.onCompletion { [context] result in
          guard case .success(let key) = result, let entity = mutation.entity else { return }
          context.committed(Entity(key, entity.properties), key)
        }
      }
    }
  }

  /// A transaction has written these, or may have, if `isCertain` is `false`.
  static func committed(_ mutations: [Mutation], isCertain: Bool, _ datastore: Datastore) {
    for context in all(of: datastore) {
      for mutation in mutations {
        guard let key = mutation.key else { continue }
        if isCertain {
          context.committed(mutation.entity, key)
        } else {
          context.table.withLock { $0.remove(key) }
        }
      }
    }
  }

  private func put(_ entity: Entity?, _ key: Key) -> Int? {
    guard configuration.keeps?(key) ?? true else { return nil }
    let future = Future(value: entity)
    return table.withLock { $0.put(future, key) }
  }

  private func committed(_ entity: Entity?, _ key: Key) {
    guard let token = put(entity, key) else { return }
    table.withLock { $0.written(key, token, isWritten: true) }
  }
}
