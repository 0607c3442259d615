// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore

/// A backend whose transactions lock what they read, as Firestore's emulator does: a commit waits
/// for the readers of what it writes, and gives up after two seconds of the executor's time.
final class LockingBackend: DatastoreBackend {
  private struct State {
    var numbers: [Key: Int64] = [:]
    var readers: [Key: Set<TransactionID>] = [:]
    var waiting: [(keys: Set<Key>, id: TransactionID, promise: Promise<Void>)] = []
    var lastID: UInt32 = 0
    var commits = 0
    var aborted = 0

    mutating func unlock(_ id: TransactionID) {
      for key in readers.keys { readers[key]?.remove(id) }
      if let own = waiting.firstIndex(where: { $0.id == id }) {
        waiting.remove(at: own).promise.succeed(())
      }
      // First come, first served.
      let free = waiting.firstIndex { entry in
        entry.keys.allSatisfy { readers[$0, default: []].isSubset(of: [entry.id]) }
      }
      if let free { waiting.remove(at: free).promise.succeed(()) }
    }
  }

  static let patience = Duration.seconds(2)
  private let state = Lock(State())

  var commits: Int { state.withLock { $0.commits } }
  var aborted: Int { state.withLock { $0.aborted } }
  func number(_ key: Key) -> Int64? { state.withLock { $0.numbers[key] } }

  func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
    state.withLock {
      $0.lastID += 1
      return TransactionID(bytes: withUnsafeBytes(of: $0.lastID, Array.init))
    }
  }

  private static func entity(_ key: Key, _ state: State) -> Entity? {
    state.numbers[key].map { Entity(key, ["n": .indexed(.integer($0))]) }
  }

  func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
    guard let transaction = options.transaction else {
      let found = state.withLock { state in keys.compactMap { Self.entity($0, state) } }
      return LookupReply(found: found)
    }
    let (found, begun) = try await read(transaction) { _ in keys }
    return LookupReply(found: found, transaction: begun)
  }

  /// Finds all entities, whatever is asked for.
  func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
    let end = QueryCursor(bytes: [0])
    guard let transaction = options.transaction else {
      return QueryReply(items: [], endCursor: end, more: .none)
    }
    let (found, begun) = try await read(transaction) { Array($0.numbers.keys) }
    return QueryReply(
      items: found.map { QueryReply.Item(entity: $0, cursor: end) }, endCursor: end, more: .none,
      transaction: begun)
  }

  /// Locks what it reads.
  private func read(
    _ transaction: TransactionSelector, _ keys: (State) -> [Key]
  ) async throws -> (found: [Entity], begun: TransactionID?) {
    // The way to the server, on which all reads of one moment are.
    try await Future.sleep(for: .milliseconds(1)).value
    let id: TransactionID
    let begun: TransactionID?
    switch transaction {
    case .running(let running): (id, begun) = (running, nil)
    case .begin(let mode):
      id = try await beginTransaction(mode)
      begun = id
    }
    return state.withLock { state in
      let keys = keys(state)
      for key in keys { state.readers[key, default: []].insert(id) }
      return (keys.compactMap { Self.entity($0, state) }, begun)
    }
  }

  func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector?
  ) async throws -> CommitReply {
    guard case .running(let id) = transaction else { return CommitReply(keys: []) }
    let keys = Set(mutations.compactMap(\.key))
    let locked: Future<Void>? = state.withLock { state in
      let isFree = keys.allSatisfy { state.readers[$0, default: []].isSubset(of: [id]) }
      if isFree { return nil }
      let promise = Promise<Void>()
      state.waiting.append((keys, id, promise))
      return promise.future
    }
    if let locked, await !locked.wait(for: Self.patience) {
      state.withLock {
        $0.aborted += 1
        $0.unlock(id)
      }
      throw DatastoreError(.aborted, "Transaction lock timeout.")
    }
    state.withLock { state in
      state.commits += 1
      for mutation in mutations {
        state.numbers[mutation.key!] = mutation.entity?["n"]?.integerValue
      }
      state.unlock(id)
    }
    return CommitReply(keys: mutations.map { $0.key! })
  }

  func rollback(_ transaction: TransactionID) async throws {
    state.withLock { $0.unlock(transaction) }
  }

  func aggregate(
    _ request: AggregationRequest, options: ReadOptions
  ) async throws -> AggregationReply {
    AggregationReply(values: [])
  }
  func close() async throws {}
}
