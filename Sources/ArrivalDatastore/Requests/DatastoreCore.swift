// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import DatastoreEngine
internal import Synchronization

/// The state that a datastore shares with its transactions and queries: the backend, the
/// configuration, the counters and the calls in flight.
final class DatastoreCore: Sendable {
  let backend: any DatastoreBackend
  let configuration: DatastoreConfiguration
  /// Where requests run. `nil` for the executor of the tasklet that calls first.
  let executor: TaskletExecutor?
  /// The hooks of the datastore, without those of contexts.
  let hooks: [any EntityHooks]
  let counters = RequestCounters()
  /// Completes keys, many in one request. Equal keys get as many IDs.
  let identifiers: Batcher<Key, Key>
  private let inFlightCalls = InFlightCalls()
  private let isClosed = Atomic(false)

  init(
    _ backend: any DatastoreBackend, _ configuration: DatastoreConfiguration,
    _ executor: TaskletExecutor?, _ hooks: [any EntityHooks] = []
  ) {
    self.hooks = hooks
    self.backend = backend
    self.configuration = configuration
    self.executor = executor
    identifiers = Self.identifiers(backend, configuration, executor, counters)
  }

  func requireOpen() throws(DatastoreError) {
    if isClosed.load(ordering: .acquiring) { throw Self.closed }
  }

  /// Counts a call, for which closing waits, from its request on.
  func makeEntry() throws(DatastoreError) -> InFlightCalls.Entry {
    guard let entry = inFlightCalls.makeEntry() else { throw Self.closed }
    return entry
  }

  private static var closed: DatastoreError {
    .closed("The datastore is closed. Close it only after the last request.")
  }

  /// Refuses later calls. Returns whether this was the first time.
  func beginClosing() -> Bool {
    if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return false }
    inFlightCalls.close()
    return true
  }

  /// Waits for the calls in flight.
  func drain() async {
    await identifiers.flush()
    await inFlightCalls.drain()
  }

  private static func identifiers(
    _ backend: any DatastoreBackend, _ configuration: DatastoreConfiguration,
    _ executor: TaskletExecutor?, _ counters: RequestCounters
  ) -> Batcher<Key, Key> {
    Batcher(
      "datastore IDs",
      configuration: .init(
        maxBatchSize: Limits.commitMutations, maxDelay: configuration.maxDelay,
        deduplicates: false),
      on: executor
    ) { (keys: [Key]) -> [Key] in
      let bytes = keys.reduce(0) { $0 + $1.storageSize }
      let complete = try await counters.count(.allocation, items: keys.count, bytes: bytes) {
        try await backend.allocateIDs(for: keys)
      }
      guard complete.count == keys.count, complete.allSatisfy(\.isComplete) else {
        throw DatastoreError(
          .internal,
          """
          The backend answered a request for \(keys.count) IDs with \(complete.count) keys, or \
          with incomplete ones. Report this as a fault of the backend.
          """)
      }
      return complete
    }
  }
}

extension DatastoreCore: QuerySource {
  func enter() throws(DatastoreError) -> InFlightCalls.Entry? { try makeEntry() }

  func reply(to request: QueryRequest) async throws -> QueryReply {
    try await counters.count(.query) {
      try await backend.query(request, options: ReadOptions())
    } items: {
      $0.items.count
    }
  }

  func explain(_ request: QueryRequest, _ options: ExplainOptions) async throws -> QueryReply {
    try await OptionedSource(core: self, options: ReadOptions()).explain(request, options)
  }

  func explain(
    _ request: AggregationRequest, _ options: ExplainOptions
  ) async throws -> AggregationReply {
    try await OptionedSource(core: self, options: ReadOptions()).explain(request, options)
  }

  func reply(to request: AggregationRequest) async throws -> AggregationReply {
    try await counters.count(.aggregation) {
      try await backend.aggregate(request, options: ReadOptions())
    } items: {
      $0.values.count
    }
  }
}
