// SPDX-License-Identifier: Apache-2.0
internal import Arrival

/// The counters of ``Datastore/statistics()``.
final class RequestCounters: Sendable {
  private let numbers = Lock(DatastoreStatistics())

  var statistics: DatastoreStatistics { numbers.withLock { $0 } }

  /// The kinds of requests.
  enum Sort: String { case lookup, commit, query, aggregation, allocation, rollback }

  /// Runs one request, counts it and reports it to instruments.
  func count<Reply>(
    _ sort: Sort, items: Int, bytes: Int, _ request: () async throws -> Reply
  ) async throws -> Reply {
    sent(sort, items: items, bytes: bytes)
    do {
      return try await Instruments.withRPC("datastore", sort.rawValue, items: items, request)
    } catch {
      change(sort) { $0.failures += 1 }
      throw error
    }
  }

  /// Runs one request whose size is that of its reply, counts it and reports it to instruments.
  func count<Reply>(
    _ sort: Sort, _ request: () async throws -> Reply, items: (Reply) -> Int
  ) async throws -> Reply {
    do {
      let reply = try await Instruments.withRPC("datastore", sort.rawValue, items: 1, request)
      sent(sort, items: items(reply), bytes: 0)
      return reply
    } catch {
      change(sort) {
        $0.count += 1
        $0.failures += 1
      }
      throw error
    }
  }

  private func sent(_ sort: Sort, items: Int, bytes: Int) {
    change(sort) {
      $0.count += 1
      $0.items += items
      $0.bytes += bytes
      $0.sizes[items, default: 0] += 1
    }
  }

  private func change(
    _ sort: Sort, _ body: (inout DatastoreStatistics.Requests) -> Void
  ) {
    numbers.withLock { numbers in
      switch sort {
      case .lookup: body(&numbers.lookups)
      case .commit: body(&numbers.commits)
      case .query: body(&numbers.queries)
      case .aggregation: body(&numbers.aggregations)
      case .allocation: body(&numbers.allocations)
      case .rollback: body(&numbers.rollbacks)
      }
    }
  }

  func transactionRepeated() { numbers.withLock { $0.transactionRetries += 1 } }
}
