/// The numbers of requests that a datastore has sent, and of the calls that they served.
public struct DatastoreStatistics: Sendable, Hashable {
  /// The requests of one kind.
  public struct Requests: Sendable, Hashable {
    /// Requests sent.
    public internal(set) var count = 0
    /// Keys or mutations in them.
    public internal(set) var items = 0
    /// Bytes in them, as ``Limits`` counts bytes.
    public internal(set) var bytes = 0
    /// Requests that failed.
    public internal(set) var failures = 0
    /// The number of requests by their number of items: `[500: 3, 20: 1]`.
    public internal(set) var sizes: [Int: Int] = [:]
  }

  /// Lookups. A lookup of deferred keys is a separate request.
  public internal(set) var lookups = Requests()
  /// Commits.
  public internal(set) var commits = Requests()
  /// Queries for results. Each page is a request, and its items are its results.
  public internal(set) var queries = Requests()
  /// Aggregations. An item is a computed value.
  public internal(set) var aggregations = Requests()
  /// Allocations and reservations of IDs. An item is an ID.
  public internal(set) var allocations = Requests()
  /// Rollbacks of transactions.
  public internal(set) var rollbacks = Requests()
  /// How often transactions were retried after a conflict.
  public internal(set) var transactionRetries = 0
  /// Mutations that waited for an earlier mutation of the same key.
  public internal(set) var heldMutations = 0
}
