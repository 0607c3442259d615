// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import DatastoreEngine

/// Combines gets with options into lookups, one for each set of options.
final class OptionedReads: Sendable {
  private struct Read: Hashable, Sendable {
    var key: Key
    var options: ReadOptions
  }

  private let batcher: Batcher<Read, Entity?>

  convenience init(_ core: DatastoreCore) {
    self.init("datastore lookups with options", core.configuration, core.executor) {
      [backend = core.backend, counters = core.counters] keys, options in
      let bytes = keys.reduce(0) { $0 + $1.storageSize }
      return try await counters.count(.lookup, items: keys.count, bytes: bytes) {
        try await backend.lookup(keys, options: options)
      }
    }
  }

  /// - Parameter lookup: Sends one request for some keys.
  init(
    _ name: String, _ configuration: DatastoreConfiguration, _ executor: TaskletExecutor?,
    _ lookup: @escaping @Sendable ([Key], ReadOptions) async throws -> LookupReply
  ) {
    batcher = Batcher(
      name,
      configuration: .init(
        maxBatchSize: configuration.maxLookupKeys, maxDelay: configuration.maxDelay,
        maxConcurrentBatches: configuration.maxConcurrentLookups),
      on: executor
    ) { (reads: [Read]) in
      var outcomes: [Read: Result<Entity?, any Error>] = [:]
      for (options, some) in Dictionary(grouping: reads, by: \.options) {
        let keys = some.map(\.key)
        do {
          let found = try await ReadPipeline.lookup(keys) { try await lookup($0, options) }
          for (read, outcome) in zip(some, found) { outcomes[read] = outcome }
        } catch {
          for read in some { outcomes[read] = .failure(error) }
        }
      }
      return reads.map { outcomes[$0] ?? .success(nil) }
    }
  }

  func get(_ key: Key, _ options: ReadOptions, at site: SourceSite) -> Future<Entity?> {
    batcher.load(Read(key: key, options: options), at: site)
  }

  func drain() async { await batcher.flush() }
}

extension ReadOptions {
  /// Refuses the transaction of a request, which only a backend can use.
  func requireNoTransaction() throws(DatastoreError) {
    if transaction == nil { return }
    throw DatastoreError(
      .invalidArgument,
      "The options name a transaction of the backend. Read inside datastore.transaction instead.")
  }
}

extension ReadOptions {
  /// Refuses a state of its own: a transaction reads one state.
  func requireStateOfTransaction() throws(DatastoreError) {
    if case .strong = consistency { return }
    throw DatastoreError(
      .invalidArgument,
      """
      The options of a read inside a transaction name another state. Leave it out, or begin the \
      transaction with readOnly(asOf:).
      """)
  }
}

/// Sends the requests of a query with options.
struct OptionedSource: QuerySource {
  let core: DatastoreCore
  var options: ReadOptions

  var executor: TaskletExecutor? { core.executor }

  func enter() throws(DatastoreError) -> InFlightCalls.Entry? {
    try options.requireNoTransaction()
    return try core.makeEntry()
  }

  func reply(to request: QueryRequest) async throws -> QueryReply {
    try await core.counters.count(.query) {
      try await core.backend.query(request, options: options)
    } items: {
      $0.items.count
    }
  }

  func explain(_ request: QueryRequest, _ options: ExplainOptions) async throws -> QueryReply {
    var copy = self
    copy.options.explainOptions = options
    return try await copy.reply(to: request)
  }

  func explain(
    _ request: AggregationRequest, _ options: ExplainOptions
  ) async throws -> AggregationReply {
    var copy = self
    copy.options.explainOptions = options
    return try await copy.reply(to: request)
  }

  func reply(to request: AggregationRequest) async throws -> AggregationReply {
    try await core.counters.count(.aggregation) {
      try await core.backend.aggregate(request, options: options)
    } items: {
      $0.values.count
    }
  }
}
