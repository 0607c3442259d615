#if SQLite
  internal import DatastoreEngine
  internal import DatastoreModel
  internal import GRDB
  private import Synchronization

  /// What a transaction has read, so that its commit can see whether all of it still holds.
  ///
  /// A read is kept as its request and a fingerprint of the reply; it holds if the same request gets
  /// the same reply. So a query is protected from entities that come and go as well as one can: it is
  /// a conflict exactly if its reply would be another one.
  ///
  /// That two different replies have one fingerprint is as likely as guessing 64 bits.
  final class ReadLog: Sendable {
    enum Read: Sendable {
      case lookup(LookupPlan)
      case query(NormalizedQuery)
      case aggregation(NormalizedQuery, [Aggregation])

      func fingerprint(_ connection: Database, _ names: IndexNames) throws -> Int {
        switch self {
        case .lookup(let plan):
          return Fingerprint.of(try plan.run(connection, at: nil))
        case .query(let query):
          return Fingerprint.of(try QueryRun(query, connection, names).reply(query))
        case .aggregation(let query, let aggregations):
          let run = try QueryRun(query, connection, names)
          return Fingerprint.of(
            try run.reply(query, aggregations, QueryEvaluation(query)).values)
        }
      }
    }

    private let reads = Mutex<[(read: Read, fingerprint: Int)]>([])

    func add(_ read: Read, fingerprint: Int) {
      reads.withLock { $0.append((read, fingerprint)) }
    }

    /// - Throws: `aborted` if something would be read differently now.
    func check(_ connection: Database, _ names: IndexNames) throws {
      for (read, fingerprint) in reads.withLock({ $0 }) {
        guard try read.fingerprint(connection, names) == fingerprint else {
          throw DatastoreError(
            .aborted,
            """
            Another commit has changed what this transaction had read. Nothing was written; try the \
            whole transaction again.
            """)
        }
      }
    }
  }
#endif
