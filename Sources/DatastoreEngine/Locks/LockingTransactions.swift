// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

/// The open transactions of a backend that locks. A pure state machine.
struct LockingTransactions {
  /// How long a transaction may be idle while another one wants its locks.
  static let maxIdle = Duration.seconds(60)

  /// A transaction that may write.
  struct Transaction: Hashable, Sendable {
    var id: TransactionID
    var owner: LockTable.Owner
    /// Whether the backend below knows the transaction too, and checks what it has read.
    var isChecked: Bool
  }

  private struct Entry {
    var transaction: Transaction
    var uses = 0
    var lastUse: ContinuousClock.Instant
  }

  private var entries: [TransactionID: Entry] = [:]
  /// Before this, no transaction has been idle for too long.
  private var nextCheck: ContinuousClock.Instant?

  /// Adds a transaction.
  mutating func add(_ transaction: Transaction, now: ContinuousClock.Instant) {
    entries[transaction.id] = Entry(transaction: transaction, lastUse: now)
    nextCheck = min(nextCheck ?? now + Self.maxIdle, now + Self.maxIdle)
  }

  /// Whether a transaction is open.
  func isOpen(_ id: TransactionID) -> Bool { entries[id] != nil }

  /// Begins a request of a transaction; `nil` if it is not open. Each needs one ``leave(_:now:)``.
  mutating func use(_ id: TransactionID) -> Transaction? {
    entries[id]?.uses += 1
    return entries[id]?.transaction
  }

  /// Ends a request.
  mutating func leave(_ id: TransactionID, now: ContinuousClock.Instant) {
    entries[id]?.uses -= 1
    entries[id]?.lastUse = now
  }

  /// Ends a transaction; `nil` if it is not open.
  mutating func remove(_ id: TransactionID) -> Transaction? {
    entries.removeValue(forKey: id)?.transaction
  }

  /// Ends the transactions that were idle for too long.
  mutating func removeIdle(now: ContinuousClock.Instant) -> [Transaction] {
    guard let nextCheck, nextCheck < now else { return [] }
    let idle = entries.values.filter { $0.uses == 0 && now - $0.lastUse > Self.maxIdle }
    for entry in idle { entries[entry.transaction.id] = nil }
    self.nextCheck = entries.values.map { ($0.uses > 0 ? now : $0.lastUse) + Self.maxIdle }.min()
    return idle.map(\.transaction)
  }
}
