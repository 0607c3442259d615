// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore

/// A backend without entities that writes down what it is asked, and aborts when a test says so.
final class TransactionalBackend: DatastoreBackend {
  private let log = Lock<[String]>([])
  private let lastID = Lock(0)
  /// How many commits, and how many reads, are to be aborted.
  let abortions = Lock(0)
  let readAbortions = Lock(0)
  /// What the next commit fails with.
  let failure = Lock<DatastoreError?>(nil)
  /// What the next commit outside of transactions waits for.
  let gate = Lock<Future<Void>?>(nil)
  /// What the next lookup in a transaction waits for.
  let readGate = Lock<Future<Void>?>(nil)
  /// What lookups find, outside of transactions too.
  let entities = Lock<[Key: Entity]>([:])

  var calls: [String] { log.withLock { $0 } }

  private func note(_ call: String) { log.withLock { $0.append(call) } }

  private func text(_ id: TransactionID) -> String { "\(id.bytes[0])" }

  private func text(_ selector: TransactionSelector) -> String {
    switch selector {
    case .running(let id): "in \(text(id))"
    case .begin(.readOnly): "begin readOnly"
    case .begin(.readWrite(let id)):
      "begin readWrite" + (id.map { " after \(text($0))" } ?? "")
    }
  }

  private func begin(_ selector: TransactionSelector) throws -> TransactionID? {
    try abort(readAbortions)
    guard case .begin = selector else { return nil }
    return TransactionID(bytes: [
      UInt8(
        lastID.withLock {
          $0 += 1
          return $0
        })
    ])
  }

  private func abort(_ abortions: borrowing Lock<Int>) throws {
    let isAborted = abortions.withLock { left in
      left -= 1
      return left >= 0
    }
    if isAborted { throw DatastoreError(.aborted, "faster") }
  }

  func beginTransaction(_ mode: TransactionMode) async throws -> TransactionID {
    note("begin")
    return try begin(.begin(mode))!
  }

  func lookup(_ keys: [Key], options: ReadOptions) async throws -> LookupReply {
    guard let transaction = options.transaction else {
      note("lookup \(keys.count)")
      return LookupReply(found: entities.withLock { all in keys.compactMap { all[$0] } })
    }
    note("lookup \(keys.count) \(text(transaction))")
    try await readGate.withLock { $0.take() }?.value
    let id = try begin(transaction)
    return LookupReply(
      found: entities.withLock { all in keys.compactMap { all[$0] } }, transaction: id)
  }

  func query(_ request: QueryRequest, options: ReadOptions) async throws -> QueryReply {
    QueryReply(items: [], endCursor: QueryCursor(bytes: []), more: .none)
  }

  func aggregate(
    _ request: AggregationRequest, options: ReadOptions
  ) async throws -> AggregationReply {
    guard let transaction = options.transaction else { return AggregationReply(values: [0]) }
    note("aggregate \(text(transaction))")
    return AggregationReply(values: [0], transaction: try begin(transaction))
  }

  func commit(
    _ mutations: [Mutation], in transaction: TransactionSelector?
  ) async throws -> CommitReply {
    if transaction == nil { try await gate.withLock { $0.take() }?.value }
    return try write(mutations, transaction.map { " " + text($0) } ?? "")
  }

  private func write(_ mutations: [Mutation], _ where: String) throws -> CommitReply {
    let texts = mutations.map { mutation -> String in
      if case .delete(let key) = mutation.operation { return " delete \(key)" }
      return " upsert \(mutation.key!)"
    }
    note("commit" + texts.joined() + `where`)
    if let error = failure.withLock({ $0.take() }) { throw error }
    try abort(abortions)
    entities.withLock { all in
      for mutation in mutations { all[mutation.key!] = mutation.entity }
    }
    return CommitReply(keys: mutations.map { $0.key! })
  }

  func rollback(_ transaction: TransactionID) async throws { note("rollback \(text(transaction))") }

  func allocateIDs(for keys: [Key]) async throws -> [Key] {
    note("allocate \(keys.count)")
    return keys.enumerated().map { $1.completed(id: Int64($0 + 1)) }
  }

  func reserveIDs(_ keys: [Key]) async throws { note("reserve \(keys.count)") }

  func close() async throws { note("close") }
}
