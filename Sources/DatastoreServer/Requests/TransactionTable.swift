// SPDX-License-Identifier: Apache-2.0
#if Server
  internal import DatastoreModel
  private import Synchronization

  /// The transactions that clients have open: who began each, and when it was last used.
  ///
  /// A client that dies never ends its transactions. They end here: ``idleLimit`` after their last
  /// request, or ``orphanLimit`` after it if the connection of that request is gone.
  final class TransactionTable: Sendable {
    /// How long a transaction may be idle. Google's service allows 60 seconds.
    static let idleLimit = Duration.seconds(60)
    /// How long a transaction may be idle once its client's connection is closed. Clients with a
    /// connection for each request have that long to send the next one.
    static let orphanLimit = Duration.seconds(5)

    private struct Entry {
      var backend: any DatastoreBackend
      var isReadOnly: Bool
      var peer: String
      var lastUse: ContinuousClock.Instant
      var uses = 0
      var isOrphan = false
    }

    private let entries = Mutex<[TransactionID: Entry]>([:])
    private let clock = ContinuousClock()

    /// How many transactions are open.
    var count: Int { entries.withLock(\.count) }

    func begin(
      _ id: TransactionID, _ mode: TransactionMode, on backend: any DatastoreBackend,
      _ peer: String
    ) {
      let entry = Entry(
        backend: backend, isReadOnly: mode.isReadOnly, peer: peer, lastUse: clock.now)
      entries.withLock { $0[id] = entry }
    }

    func end(_ id: TransactionID) { _ = entries.withLock { $0.removeValue(forKey: id) } }

    /// Whether an open transaction only reads.
    func isReadOnly(_ id: TransactionID) -> Bool {
      entries.withLock { $0[id]?.isReadOnly ?? false }
    }

    /// Runs a read that may be inside a transaction or begin one.
    func reading<Reply>(
      _ selector: TransactionSelector?, on backend: any DatastoreBackend, _ peer: String,
      _ begun: KeyPath<Reply, TransactionID?>, _ read: () async throws -> Reply
    ) async throws -> Reply {
      switch selector {
      case nil: return try await read()
      case .begin(let mode)?:
        let reply = try await read()
        if let id = reply[keyPath: begun] { begin(id, mode, on: backend, peer) }
        return reply
      case .running(let id)?:
        use(id, peer)
        defer { leave(id) }
        do {
          return try await read()
        } catch let error as DatastoreError where error.code == .aborted {
          end(id)
          throw error
        }
      }
    }

    /// Runs a commit. The transaction is over after success and after `aborted`.
    func ending<Reply>(
      _ id: TransactionID, _ commit: () async throws -> Reply
    ) async throws -> Reply {
      use(id, nil)
      defer { leave(id) }
      do {
        let reply = try await commit()
        end(id)
        return reply
      } catch let error as DatastoreError where error.code == .aborted {
        end(id)
        throw error
      }
    }

    private func use(_ id: TransactionID, _ peer: String?) {
      entries.withLock { entries in
        entries[id]?.uses += 1
        if let peer { entries[id]?.peer = peer }
        entries[id]?.isOrphan = false
      }
    }

    private func leave(_ id: TransactionID) {
      let now = clock.now
      entries.withLock { entries in
        entries[id]?.uses -= 1
        entries[id]?.lastUse = now
      }
    }

    /// Notes that a client's connection is closed.
    func peerLeft(_ peer: String) {
      entries.withLock { entries in
        for (id, entry) in entries where entry.peer == peer { entries[id]?.isOrphan = true }
      }
    }

    /// Rolls back the transactions that were idle for too long.
    func expire(now: ContinuousClock.Instant = .now) async {
      let expired = entries.withLock { entries in
        let expired = entries.filter { _, entry in
          entry.uses == 0
            && now - entry.lastUse > (entry.isOrphan ? Self.orphanLimit : Self.idleLimit)
        }
        for id in expired.keys { entries[id] = nil }
        return expired
      }
      for (id, entry) in expired { try? await entry.backend.rollback(id) }
    }
  }
#endif
