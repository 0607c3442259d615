// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore
import Synchronization

/// A backend in memory that records its RPCs, and whose replies a test can hold back or spoil.
final class ScriptedBackend: DatastoreBackend {
  struct State: Sendable {
    var entities: [Key: Entity] = [:]
    var nextID: Int64 = 1_000
    var lookups: [[Key]] = []
    var commits: [[Mutation]] = []
    var isClosed = false
    /// Each RPC waits for the next of these, if there is one.
    var lookupGates: [Future<Void>] = []
    var commitGates: [Future<Void>] = []
    /// How many keys a lookup answers before it defers the rest.
    var lookupCapacity = Int.max
    var lookupErrors: [any Error] = []
    /// What a lookup says of single keys.
    var lookupFailures: [Key: DatastoreError] = [:]
    /// How many mutations a commit may have.
    var commitCapacity = Int.max
    var commitErrors: [any Error] = []
    var forgetsReplies = false
    /// How many keys too many a commit is answered with.
    var surplusKeys = 0
    var queries: [QueryRequest] = []
    /// The answers to queries, in order; what a query finds is none of this backend's business.
    var queryReplies: [QueryReply] = []
    var queryGates: [Future<Void>] = []
    var queryErrors: [any Error] = []
    var aggregations: [AggregationRequest] = []
    var aggregationReplies: [AggregationReply] = []
  }

  private let state = Mutex(State())

  var lookups: [[Key]] { state.withLock { $0.lookups } }
  var commits: [[Mutation]] { state.withLock { $0.commits } }

  var queries: [QueryRequest] { state.withLock { $0.queries } }
  var aggregations: [AggregationRequest] { state.withLock { $0.aggregations } }

  var isClosed: Bool { state.withLock { $0.isClosed } }
  func entity(_ key: Key) -> Entity? { state.withLock { $0.entities[key] } }

  func set(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
    let gate = state.withLock { state in
      state.lookups.append(keys)
      return state.lookupGates.isEmpty ? nil : state.lookupGates.removeFirst()
    }
    try await gate?.value
    return try state.withLock { state in
      if !state.lookupErrors.isEmpty { throw state.lookupErrors.removeFirst() }
      let answered = keys.prefix(state.lookupCapacity)
      return LookupReply(
        found: answered.compactMap { state.entities[$0] }.reversed(),
        deferred: keys.dropFirst(answered.count).reversed(),
        failures: state.lookupFailures.filter { answered.contains($0.key) })
    }
  }

  func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector?
  ) async throws -> CommitReply {
    let gate = state.withLock { state in
      state.commits.append(mutations)
      return state.commitGates.isEmpty ? nil : state.commitGates.removeFirst()
    }
    try await gate?.value
    return try state.withLock { state in
      if !state.commitErrors.isEmpty { throw state.commitErrors.removeFirst() }
      if mutations.count > state.commitCapacity { throw DatastoreError(.tooLarge, "too large") }
      if state.forgetsReplies { return CommitReply(keys: []) }
      let keys = mutations.map { mutation in
        var key = mutation.key!
        if !key.isComplete {
          key = key.completed(id: state.nextID)
          state.nextID += 1
        }
        state.entities[key] = mutation.entity.map { Entity(key, $0.properties) }
        return key
      }
      return CommitReply(keys: keys + keys.prefix(state.surplusKeys))
    }
  }

  func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
    let gate = state.withLock { state in
      state.queries.append(request)
      return state.queryGates.isEmpty ? nil : state.queryGates.removeFirst()
    }
    try await gate?.value
    return try state.withLock { state in
      if !state.queryErrors.isEmpty { throw state.queryErrors.removeFirst() }
      if state.queryReplies.isEmpty {
        return QueryReply(items: [], endCursor: QueryCursor(bytes: []), more: .none)
      }
      return state.queryReplies.removeFirst()
    }
  }

  func aggregate(
    _ request: AggregationRequest, options: ReadOptions
  ) async throws -> AggregationReply {
    state.withLock { state in
      state.aggregations.append(request)
      return state.aggregationReplies.isEmpty
        ? AggregationReply(values: []) : state.aggregationReplies.removeFirst()
    }
  }

  func close() async throws { set { $0.isClosed = true } }
}
