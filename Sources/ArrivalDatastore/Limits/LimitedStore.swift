// SPDX-License-Identifier: Apache-2.0
public import Arrival

extension RetryPolicy {
  /// Retries calls that failed with `unavailable` or `deadlineExceeded`, three times.
  ///
  /// The first wait is 50 ms, and each one after it is twice as long. Half of each wait is random.
  ///
  /// A write that failed so may have taken effect. ``EntityStore/with(timeLimit:retry:)`` does not
  /// repeat it if that could write twice. In a ``RetryPolicy`` of your own around calls, take care
  /// of that.
  public static var temporaryFailures: RetryPolicy {
    RetryPolicy { error in
      guard let code = (error as? DatastoreError)?.code else { return false }
      return code == .unavailable || code == .deadlineExceeded
    }
  }
}

extension EntityStore {
  /// This datastore or transaction, with a time limit and retries for each call.
  ///
  /// ```swift
  /// let patient = datastore.with(timeLimit: .seconds(2), retry: .temporaryFailures)
  /// let user = try await patient.get(key, as: User.self).value
  /// ```
  ///
  /// Calls share requests with all others. A call whose time is over fails with `deadlineExceeded`,
  /// and the request goes on: a write may still take effect. Each request of a query is a call.
  ///
  /// A write that failed with a code that ``DatastoreError/Code/leavesWritesInDoubt`` is retried
  /// only if a second one changes nothing: not with an incomplete key, which would get another ID,
  /// and not an insert, an increment, or a write that requires an unchanged entity.
  ///
  /// - Parameters:
  ///   - timeLimit: How long a call may take, with its retries. `nil` for as long as the backend
  ///     takes.
  ///   - retry: Which failures are retried, how often and when. `nil` for none. Its budget is not
  ///     used.
  public func with(timeLimit: Duration? = nil, retry: RetryPolicy? = nil) -> LimitedStore<Self> {
    LimitedStore(base: self, limits: CallLimits(timeLimit: timeLimit, retry: retry))
  }
}

/// A datastore or transaction with a time limit and retries for each call; see
/// ``EntityStore/with(timeLimit:retry:)``.
public struct LimitedStore<Base: EntityStore>: EntityStore {
  let base: Base
  let limits: CallLimits

  public func get(_ key: Key, at site: SourceSite) -> Future<Entity?> {
    limits.limit("get", at: site) { base.get(key, at: site) }
  }

  public func get(_ key: Key, options: ReadOptions, at site: SourceSite) -> Future<Entity?> {
    limits.limit("get", at: site) { base.get(key, options: options, at: site) }
  }

  public func getOrInsert(_ entity: Entity, at site: SourceSite) -> Future<Entity> {
    limits.limit("get or insert", writes: true, at: site) { base.getOrInsert(entity, at: site) }
  }

  @discardableResult
  public func put(_ entity: Entity, at site: SourceSite) -> Future<Key> {
    limits.limits(of: .upsert(entity)).limit("put", writes: true, at: site) {
      base.put(entity, at: site)
    }
  }

  @discardableResult
  public func delete(_ key: Key, at site: SourceSite) -> Future<Void> {
    limits.limit("delete", writes: true, at: site) { base.delete(key, at: site) }
  }

  @discardableResult
  public func write(_ mutation: Mutation, at site: SourceSite) -> Future<Key> {
    limits.limits(of: mutation).limit("write", writes: true, at: site) {
      base.write(mutation, at: site)
    }
  }

  public func refuse(_ error: DatastoreError, at site: SourceSite) -> Future<Key> {
    base.refuse(error, at: site)
  }

  public func query<Element>(
    _ query: Query<Element>, pageSize: Int
  ) -> QueryResults<Element> {
    limited(base.query(query, pageSize: pageSize))
  }

  public func query<Element>(
    _ query: Query<Element>, options: ReadOptions, pageSize: Int
  ) -> QueryResults<Element> {
    limited(base.query(query, options: options, pageSize: pageSize))
  }

  private func limited<Element>(_ results: QueryResults<Element>) -> QueryResults<Element> {
    QueryResults(
      source: LimitedSource(base: results.source, limits: limits), query: results.query,
      pageSize: results.pageSize)
  }
}
