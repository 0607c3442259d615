// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// Combines gets into lookups.
final class ReadPipeline: Sendable {
  private let batcher: Batcher<Key, Entity?>

  /// - Parameter lookup: Sends one request for some keys.
  init(
    _ name: String, _ configuration: DatastoreConfiguration, _ executor: TaskletExecutor?,
    _ lookup: @escaping @Sendable ([Key]) async throws -> LookupReply
  ) {
    batcher = Batcher(
      name,
      configuration: .init(
        maxBatchSize: configuration.maxLookupKeys, maxDelay: configuration.maxDelay,
        maxConcurrentBatches: configuration.maxConcurrentLookups),
      on: executor
    ) { (keys: [Key]) -> [Result<Entity?, any Error>] in
      try await Self.lookup(keys, lookup)
    }
  }

  func get(
    _ key: Key, at site: SourceSite
  ) -> Future<Entity?> {
    batcher.load(key, at: site)
  }

  func drain() async { await batcher.flush() }

  /// One outcome for each key, in order. Deferred keys are sent again until none is left. If a
  /// later request fails, only the remaining keys fail.
  static func lookup(
    _ keys: [Key], _ lookup: @Sendable ([Key]) async throws -> LookupReply
  ) async throws -> [Result<Entity?, any Error>] {
    var found: [Key: Entity] = [:]
    var failures: [Key: DatastoreError] = [:]
    var open = keys
    do {
      while !open.isEmpty {
        let asked = open
        let reply = try await lookup(asked)
        if asked.count == keys.count {
          if let outcomes = inOrder(keys, reply) { return outcomes }
          found.reserveCapacity(keys.count)
        }
        for entity in reply.found { if let key = entity.key { found[key] = entity } }
        failures.merge(reply.failures) { first, _ in first }
        if reply.deferred.isEmpty { break }
        open = try stillOpen(asked, reply)
      }
    } catch {
      // A thrown error is shared by all futures, so that observing one observes all.
      if open.count == keys.count { throw error }
      let failed = Set(open)
      return keys.map { failed.contains($0) ? .failure(error) : outcome(of: $0, found, failures) }
    }
    return keys.map { outcome(of: $0, found, failures) }
  }

  /// The outcomes, if the reply is complete and in the order of the keys. Most replies are, and
  /// need no table.
  private static func inOrder(
    _ keys: [Key], _ reply: LookupReply
  ) -> [Result<Entity?, any Error>]? {
    guard reply.deferred.isEmpty, reply.failures.isEmpty else { return nil }
    var next = 0
    var outcomes: [Result<Entity?, any Error>] = []
    for (place, key) in keys.enumerated() {
      let left = reply.found.count - next
      // More entities than keys are left, so the reply has another order.
      if left > keys.count - place { return nil }
      if place == 0 { outcomes.reserveCapacity(keys.count) }
      let isNext = left > 0 && reply.found[next].key == key
      outcomes.append(.success(isNext ? reply.found[next] : nil))
      if isNext { next += 1 }
    }
    return next == reply.found.count ? outcomes : nil
  }

  private static func outcome(
    of key: Key, _ found: [Key: Entity], _ failures: [Key: DatastoreError]
  ) -> Result<Entity?, any Error> {
    if let entity = found[key] { return .success(entity) }
    return failures[key].map { .failure($0) } ?? .success(nil)
  }

  private static func stillOpen(_ asked: [Key], _ reply: LookupReply) throws -> [Key] {
    let deferred = Set(reply.deferred)
    let open = asked.filter(deferred.contains)
    guard open.count < asked.count else {
      throw DatastoreError(
        .unavailable,
        """
        The backend deferred all \(asked.count) keys of a lookup, so repeating it would not end. \
        Try again later, or look up fewer keys at once (maxLookupKeys).
        """)
    }
    return open
  }
}
