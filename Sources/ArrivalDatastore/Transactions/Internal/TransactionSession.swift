// SPDX-License-Identifier: Apache-2.0
internal import Arrival
internal import DatastoreEngine

/// One attempt of a transaction as the backend sees it.
///
/// The first read begins the transaction, which saves a request. Other reads wait for that one; if
/// it fails, the next read begins the transaction. A transaction without reads begins with its
/// commit.
final class TransactionSession: Sendable {
  private enum Phase {
    case idle
    /// The future returns the transaction, or `nil` if the read that should have begun it failed.
    case beginning(Future<TransactionID?>)
    case running(TransactionID)
  }

  private struct State {
    var phase = Phase.idle
    /// Whether no further read may be sent.
    var isClosed = false

    var isIdle: Bool { if case .idle = phase { true } else { false } }

    enum OnRead {
      case begin(Promise<TransactionID?>)
      case wait(Future<TransactionID?>)
      case run(TransactionID)
    }

    mutating func next() throws(DatastoreError) -> OnRead {
      if isClosed { throw TransactionSession.over }
      switch phase {
      case .running(let id): return .run(id)
      case .beginning(let future): return .wait(future)
      case .idle:
        let promise = Promise<TransactionID?>(
          "beginning of a transaction", kind: "first read",
          at: SourceSite(function: #function, file: #fileID, line: #line)
        ) { "which the backend has not answered" }
        phase = .beginning(promise.future)
        return .begin(promise)
      }
    }
  }

  private let backend: any DatastoreBackend
  private let mode: TransactionMode
  private let counters: RequestCounters
  private let state = Lock(State())
  private let abortion = Lock<(any Error)?>(nil)
  private let underWay = InFlightCalls()
  /// `nil` for a transaction that only reads: it conflicts with none.
  private let ticket: ContentionTicket?
  private let keys = Lock<[Key]>([])

  init(
    _ backend: any DatastoreBackend, _ mode: TransactionMode, _ counters: RequestCounters,
    _ ticket: ContentionTicket?
  ) {
    self.backend = backend
    self.mode = mode
    self.counters = counters
    self.ticket = ticket
  }

  /// The transaction's ID, once it has begun.
  var id: TransactionID? {
    state.withLock { state in if case .running(let id) = state.phase { id } else { nil } }
  }

  /// The conflict of a read. With a conflict the transaction cannot commit.
  var contention: (any Error)? { abortion.withLock { $0 } }

  /// The keys it has read: the first thousand or so.
  var readKeys: [Key] { keys.withLock { $0 } }

  private func note(_ read: some Sequence<Key>) {
    if ticket == nil { return }
    keys.withLock { if $0.count < Limits.lookupKeys { $0 += read } }
  }

  /// Refuses further reads and waits for the reads in flight.
  func close() async {
    state.withLock { $0.isClosed = true }
    ticket?.stopWaiting()
    await underWay.drain()
  }

  static var over: DatastoreError {
    DatastoreError(
      .failedPrecondition,
      """
      The transaction has ended. Use it only inside its closure, and await its futures there.
      """)
  }

  /// - Parameter options: The mask. The state is always that of the transaction.
  func lookup(
    _ keys: [Key], options: ReadOptions = ReadOptions()
  ) async throws -> LookupReply {
    note(keys)
    // Before the transaction holds a lock for which others would wait.
    if state.withLock({ $0.isIdle }) { ticket?.takeIfContended(keys) }
    let bytes = keys.reduce(0) { $0 + $1.storageSize }
    return try await read { [counters, backend] selector in
      let reply = try await counters.count(.lookup, items: keys.count, bytes: bytes) {
        try await backend.lookup(keys, options: options.inTransaction(selector))
      }
      return (reply, reply.transaction)
    }
  }

  /// Its results count as read.
  func query(
    _ request: QueryRequest, options: ReadOptions = ReadOptions()
  ) async throws -> QueryReply {
    try await read { [self] selector in
      let reply = try await counters.count(.query) {
        try await backend.query(request, options: options.inTransaction(selector))
      } items: {
        $0.items.count
      }
      note(reply.items.lazy.compactMap(\.entity.key).prefix(Limits.lookupKeys))
      return (reply, reply.transaction)
    }
  }

  func aggregate(
    _ request: AggregationRequest, options: ReadOptions = ReadOptions()
  ) async throws -> AggregationReply {
    try await read { [counters, backend] selector in
      let reply = try await counters.count(.aggregation) {
        try await backend.aggregate(request, options: options.inTransaction(selector))
      } items: {
        $0.values.count
      }
      return (reply, reply.transaction)
    }
  }

  func commit(_ mutations: [Mutation], bytes: Int) async throws -> CommitReply {
    let selector = id.map { TransactionSelector.running($0) } ?? .begin(mode)
    return try await counters.count(.commit, items: mutations.count, bytes: bytes) {
      try await backend.commit(mutations, in: selector)
    }
  }

  /// Rolls the transaction back, if it has begun in the backend.
  func rollback() async {
    guard let id else { return }
    try? await counters.count(.rollback, items: 1, bytes: 0) { try await backend.rollback(id) }
  }

  private func read<Reply: Sendable>(
    _ request: @Sendable (TransactionSelector) async throws -> (Reply, TransactionID?)
  ) async throws -> Reply {
    try await underWay.run {
      do {
        if try await ticket?.wait() ?? false, state.withLock({ $0.isClosed }) {
          // The transaction ended before the read could be sent. Its error is not reported.
          throw CancellationError()
        }
        while true {
          switch try state.withLock({ state throws(DatastoreError) in try state.next() }) {
          case .run(let id): return try await request(.running(id)).0
          case .wait(let future):
            if let id = try await future.value { return try await request(.running(id)).0 }
          case .begin(let promise): return try await begin(promise, request)
          }
        }
      } catch let error as DatastoreError where error.code == .aborted {
        abortion.withLock { $0 = $0 ?? error }
        throw error
      }
    }
  }

  private func begin<Reply: Sendable>(
    _ promise: Promise<TransactionID?>,
    _ request: @Sendable (TransactionSelector) async throws -> (Reply, TransactionID?)
  ) async throws -> Reply {
    do {
      let (reply, id) = try await request(.begin(mode))
      guard let id else {
        throw DatastoreError(
          .internal,
          """
          The backend began a transaction with a read, but the reply has no transaction ID. Report \
          this as a fault of the backend.
          """)
      }
      state.withLock { $0.phase = .running(id) }
      promise.succeed(id)
      return reply
    } catch {
      state.withLock { $0.phase = .idle }
      promise.succeed(nil)
      throw error
    }
  }
}

extension ReadOptions {
  /// The options for a read inside a transaction.
  fileprivate func inTransaction(_ selector: TransactionSelector) -> ReadOptions {
    var options = self
    options.consistency = .transaction(selector)
    return options
  }
}
