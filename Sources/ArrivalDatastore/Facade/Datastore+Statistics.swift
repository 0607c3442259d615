internal import Arrival

extension Datastore {
  /// How many requests served how many calls.
  public struct Statistics: Sendable, Hashable {
    /// The requests of one sort.
    public struct Requests: Sendable, Hashable {
      /// Requests sent.
      public internal(set) var count = 0
      /// Keys or mutations in them.
      public internal(set) var items = 0
      /// Bytes in them, as ``Limits`` counts.
      public internal(set) var bytes = 0
      /// Requests that failed.
      public internal(set) var failures = 0
      /// How many requests had how many items: `[500: 3, 20: 1]`.
      public internal(set) var sizes: [Int: Int] = [:]
    }

    /// Lookups; one that asks again for deferred keys is a request of its own.
    public internal(set) var lookups = Requests()
    /// Commits.
    public internal(set) var commits = Requests()
    /// Queries for results; each page is a request of its own, its items are its results.
    public internal(set) var queries = Requests()
    /// Aggregations; an item is a value computed.
    public internal(set) var aggregations = Requests()
    /// Requests for IDs, allocated or reserved; an item is an ID.
    public internal(set) var allocations = Requests()
    /// Transactions given up.
    public internal(set) var rollbacks = Requests()
    /// How often transactions ran again, because they had met another.
    public internal(set) var transactionRetries = 0
    /// Mutations that waited because another of their key was on its way.
    public internal(set) var heldMutations = 0
  }
}

/// The numbers behind ``Datastore/statistics()``.
final class Counters: Sendable {
  private let numbers = Lock(Datastore.Statistics())

  var statistics: Datastore.Statistics { numbers.withLock { $0 } }

  /// The sorts of requests.
  enum Sort: String { case lookup, commit, query, aggregation, allocation, rollback }

  /// Runs one request, counts it, and tells instruments of it.
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

  /// Runs one request whose size is that of its reply, counts it, and tells instruments of it.
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
    _ sort: Sort, _ body: (inout Datastore.Statistics.Requests) -> Void
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
