// SPDX-License-Identifier: Apache-2.0
internal import Arrival
public import DatastoreModel
private import Synchronization

/// A backend for tests, in front of another one: with latency, and with failures by rule.
///
/// ```swift
/// let backend = SimulatedBackend(latency: .milliseconds(20))
/// backend.when({ $0.method == .commit && $0.number == 1 }, .fail(.init(.aborted, "a test")))
/// let datastore = Datastore(backend: backend)
/// try await deposit(5, in: datastore)
/// #expect(backend.calls.map(\.method) == [.lookup, .commit])
/// ```
///
/// Latencies are on the clock of the calling code: in manual time, as the trait `.arrival` of
/// `ArrivalTesting` gives it, they take no time. All methods may be called from any task.
public final class SimulatedBackend: DatastoreBackend {
  /// A method of a backend.
  public enum Method: Sendable, Hashable {
    case lookup, commit, query, aggregate, beginTransaction, rollback, allocateIDs, reserveIDs
  }

  /// One call of the backend.
  public struct Call: Sendable, Hashable {
    public let method: Method
    /// Counted from 1, for each method.
    public let number: Int
    /// The keys that are read, written or completed.
    public let keys: [Key]
  }

  /// What the backend does with a call.
  public enum Reaction: Sendable {
    /// Throws the error and does nothing.
    case fail(DatastoreError)
    /// Does the work, then throws the error, as if the reply had been lost.
    case loseReply(DatastoreError)
    /// Takes this time in place of the latency.
    case wait(Duration)
  }

  private struct Rule {
    let condition: @Sendable (Call) -> Bool
    let reaction: Reaction
  }

  private struct State {
    var rules: [Rule] = []
    var calls: [Call] = []
  }

  private let base: any DatastoreBackend
  private let latency: Duration
  private let clock: (any Clock<Duration>)?
  private let state = Mutex(State())

  /// Creates a backend.
  ///
  /// - Parameters:
  ///   - base: what does the work.
  ///   - latency: how long each call takes.
  ///   - clock: measures the latency; `nil`: the clock of the calling code.
  public init(
    _ base: any DatastoreBackend = InMemoryBackend(), latency: Duration = .zero,
    clock: (any Clock<Duration>)? = nil
  ) {
    self.base = base
    self.latency = latency
    self.clock = clock
  }

  /// The calls, in the order in which they began.
  public var calls: [Call] { state.withLock { $0.calls } }

  /// Adds a rule. The first rule whose condition holds decides.
  public func when(_ condition: @escaping @Sendable (Call) -> Bool, _ reaction: Reaction) {
    state.withLock { $0.rules.append(Rule(condition: condition, reaction: reaction)) }
  }

  private func call<Reply>(
    _ method: Method, _ keys: [Key] = [], _ work: () async throws -> Reply
  ) async throws -> Reply {
    let reaction = begin(method, keys)
    let duration = if case .wait(let duration) = reaction { duration } else { latency }
    try await sleep(for: duration)
    if case .fail(let error) = reaction { throw error }
    let reply = try await work()
    if case .loseReply(let error) = reaction { throw error }
    return reply
  }

  private func sleep(for duration: Duration) async throws {
    guard duration > .zero else { return }
    if let clock { return try await clock.sleep(for: duration) }
    try await Future<Void>.sleep(for: duration).value
  }

  private func begin(_ method: Method, _ keys: [Key]) -> Reaction? {
    state.withLock { state in
      let number = state.calls.count { $0.method == method } + 1
      let call = Call(method: method, number: number, keys: keys)
      state.calls.append(call)
      return state.rules.first { $0.condition(call) }?.reaction
    }
  }

  // MARK: The methods of a backend

  public func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
    try await call(.beginTransaction) { try await base.beginTransaction(mode) }
  }

  public func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector?
  ) async throws -> CommitReply {
    try await call(.commit, mutations.compactMap(\.key)) {
      try await base.commit(mutations, in: transaction)
    }
  }

  public func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
    try await call(.lookup, keys) { try await base.lookup(keys, options: options) }
  }

  public func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
    try await call(.query) { try await base.query(request, options: options) }
  }

  public func aggregate(
    _ request: AggregationRequest, options: ReadOptions
  ) async throws -> AggregationReply {
    try await call(.aggregate) { try await base.aggregate(request, options: options) }
  }

  public func rollback(_ transaction: TransactionID) async throws {
    try await call(.rollback) { try await base.rollback(transaction) }
  }

  public func allocateIDs(for keys: [Key]) async throws -> [Key] {
    try await call(.allocateIDs, keys) { try await base.allocateIDs(for: keys) }
  }

  public func reserveIDs(_ keys: [Key]) async throws {
    try await call(.reserveIDs, keys) { try await base.reserveIDs(keys) }
  }

  public func close() async throws { try await base.close() }
}
