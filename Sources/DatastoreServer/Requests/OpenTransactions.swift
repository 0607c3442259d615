// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel

  /// The transactions that clients have open, and why the server has ended others. A pure state
  /// machine.
  struct OpenTransactions {
    /// How long a transaction may be idle, as in Google's service.
    static let idleLimit = Duration.seconds(60)
    /// How long a transaction may last in all, as in Google's service.
    static let totalLimit = Duration.seconds(270)
    /// How long a transaction may be idle once its client's connection is closed. A client that
    /// connects anew has that long for its next request. It is shorter than a write waits for a
    /// lock, so that a program that was killed and started again is not in its own way.
    static let orphanLimit = Duration.seconds(1)
    /// How many transactions of one database may be open. Each takes memory.
    static let maxOpen = 10_000
    /// How many of those that the server has ended are remembered, at least.
    private static let maxEnded = 10_000

    /// Why the server has ended a transaction.
    enum Ending: Sendable, Hashable { case idle, total, orphan, reset }

    /// A transaction and what it is in.
    struct Transaction: Sendable {
      var id: TransactionID
      var database: DatabaseName
      var backend: any DatastoreBackend
      var isReadOnly: Bool
      /// The connection of its last request; empty if connections tell nothing.
      var peer: String
    }

    private struct Entry {
      var transaction: Transaction
      var begun: ContinuousClock.Instant
      var lastUse: ContinuousClock.Instant
      var uses = 0
      var isOrphan = false

      func ending(now: ContinuousClock.Instant) -> Ending? {
        if uses > 0 { return nil }
        if now - begun > totalLimit { return .total }
        if isOrphan { return now - lastUse > orphanLimit ? .orphan : nil }
        return now - lastUse > idleLimit ? .idle : nil
      }
    }

    private var entries: [TransactionID: Entry] = [:]
    private var counts: [DatabaseName: Int] = [:]
    private var endings: [TransactionID: Ending] = [:]
    /// The IDs of `endings`, the oldest first.
    private var ended: [TransactionID] = []

    /// How many times all transactions were ended.
    private(set) var resets = 0

    /// How many transactions are open.
    var count: Int { entries.count }

    /// Whether a database has as many transactions open as it may.
    func isFull(_ database: DatabaseName) -> Bool { counts[database, default: 0] >= Self.maxOpen }

    /// Adds a transaction; `false` if all were ended since it began, and so is this one.
    mutating func add(
      _ transaction: Transaction, since resets: Int, now: ContinuousClock.Instant
    ) -> Bool {
      guard resets == self.resets else {
        note(transaction.id, .reset)
        return false
      }
      add(transaction, now: now)
      return true
    }

    mutating func add(_ transaction: Transaction, now: ContinuousClock.Instant) {
      if entries[transaction.id] == nil { counts[transaction.database, default: 0] += 1 }
      entries[transaction.id] = Entry(transaction: transaction, begun: now, lastUse: now)
    }

    @discardableResult
    mutating func remove(_ id: TransactionID) -> Transaction? {
      guard let transaction = entries.removeValue(forKey: id)?.transaction else { return nil }
      let left = counts[transaction.database, default: 1] - 1
      counts[transaction.database] = left > 0 ? left : nil
      return transaction
    }

    /// Whether an open transaction only reads.
    func isReadOnly(_ id: TransactionID) -> Bool { entries[id]?.transaction.isReadOnly ?? false }

    /// Why the server has ended a transaction; `nil` if it has not.
    func ending(of id: TransactionID) -> Ending? { endings[id] }

    /// Begins a request of a transaction, by a connection if it tells who is alive.
    mutating func use(_ id: TransactionID, _ peer: String?) {
      entries[id]?.uses += 1
      if let peer { entries[id]?.transaction.peer = peer }
      entries[id]?.isOrphan = false
    }

    mutating func leave(_ id: TransactionID, now: ContinuousClock.Instant) {
      entries[id]?.uses -= 1
      entries[id]?.lastUse = now
    }

    /// Notes that a client's connection is closed.
    mutating func peerLeft(_ peer: String) {
      if peer.isEmpty { return }
      for (id, entry) in entries where entry.transaction.peer == peer {
        entries[id]?.isOrphan = true
      }
    }

    /// Ends the transactions whose time is over.
    mutating func expire(now: ContinuousClock.Instant) -> [Transaction] {
      end { $0.ending(now: now) }
    }

    /// Ends all transactions, because their data is removed.
    mutating func endAll() -> [Transaction] {
      resets += 1
      return end { _ in .reset }
    }

    private mutating func end(_ reason: (Entry) -> Ending?) -> [Transaction] {
      var ending: [Transaction] = []
      for (id, entry) in entries {
        guard let reason = reason(entry) else { continue }
        ending.append(entry.transaction)
        note(id, reason)
      }
      for transaction in ending { remove(transaction.id) }
      return ending
    }

    private mutating func note(_ id: TransactionID, _ reason: Ending) {
      endings[id] = reason
      ended.append(id)
      // Half of them at once, because each removal moves the rest.
      if ended.count > 2 * Self.maxEnded {
        for id in ended.prefix(Self.maxEnded) { endings[id] = nil }
        ended.removeFirst(Self.maxEnded)
      }
    }
  }

  extension OpenTransactions.Ending {
    /// What the client of the transaction is told.
    var sentence: String {
      switch self {
      case .idle:
        """
        The transaction was idle for over \(OpenTransactions.idleLimit.components.seconds) s, so \
        the server has ended it. Nothing was written. Begin a new one.
        """
      case .total:
        """
        The transaction took over \(OpenTransactions.totalLimit.components.seconds) s, so the \
        server has ended it. Nothing was written. Begin a new one.
        """
      case .orphan:
        """
        The connection of the transaction's last request was closed, so the server has ended the \
        transaction. Nothing was written. Begin a new one.
        """
      case .reset:
        "The server's data was reset, which has ended the transaction. Begin a new one."
      }
    }
  }
#endif
