// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB
  private import Synchronization

  /// What a transaction has read, so that its commit can check whether all of it still holds.
  ///
  /// The log keeps each request, and a fingerprint of its reply. A read still holds if the same
  /// request gets the same reply. So a query also notices entities that were added or removed:
  /// there is a conflict exactly if the reply would differ.
  ///
  /// The chance that two different replies have one fingerprint is that of guessing 64 bits.
  final class ReadLog: Sendable {
    enum Read: Sendable {
      case lookup(LookupPlan)
      case query(NormalizedQuery)
      case aggregation(NormalizedQuery, [Aggregation])

      func fingerprint(_ connection: Database, _ propertyIDs: PropertyIDs) throws -> Int {
        switch self {
        case .lookup(let plan):
          return Fingerprint.of(try plan.run(connection, at: nil))
        case .query(let query):
          return Fingerprint.of(try QueryRun(query, connection, propertyIDs).reply(query))
        case .aggregation(let query, let aggregations):
          let run = try QueryRun(query, connection, propertyIDs)
          return Fingerprint.of(
            try run.reply(query, aggregations, QueryEvaluation(query)).values)
        }
      }
    }

    private let reads = Mutex<[(read: Read, fingerprint: Int)]>([])

    func add(_ read: Read, fingerprint: Int) {
      reads.withLock { $0.append((read, fingerprint)) }
    }

    /// Reads everything again.
    ///
    /// - Throws: `DatastoreError` with `aborted` if a reply would differ now.
    func check(_ connection: Database, _ propertyIDs: PropertyIDs) throws {
      for (read, fingerprint) in reads.withLock({ $0 }) {
        guard try read.fingerprint(connection, propertyIDs) == fingerprint else {
          throw DatastoreError(
            .aborted,
            """
            Another commit has changed what this transaction has read. Nothing was written. Run \
            the whole transaction again.
            """)
        }
      }
    }
  }
#endif
