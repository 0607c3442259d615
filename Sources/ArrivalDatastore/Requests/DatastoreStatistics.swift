/// How many requests served how many calls.
public struct DatastoreStatistics: Sendable, Hashable {
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
