// SPDX-License-Identifier: Apache-2.0
internal import DatastoreModel

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

extension DatastoreStatistics: CustomStringConvertible {
  /// A line for each kind of request that was sent, and one for what was repeated or held.
  ///
  /// ```
  /// lookups: 1 request, 3 items, 96 bytes
  /// commits: 2 requests, 501 items, 20,040 bytes, 1 failed
  /// 1 transaction attempt repeated, 2 mutations held
  /// ```
  public var description: String {
    let kinds = [
      ("lookups", lookups), ("commits", commits), ("queries", queries),
      ("aggregations", aggregations), ("allocations", allocations), ("rollbacks", rollbacks),
    ]
    var lines = kinds.filter { $0.1.count > 0 }.map { "\($0.0): \($0.1)" }
    if lines.isEmpty { lines = ["no requests"] }
    let rest = [
      transactionRetries == 0
        ? nil : "\(counted(transactionRetries, "transaction attempt")) repeated",
      heldMutations == 0 ? nil : "\(counted(heldMutations, "mutation")) held",
    ].compactMap(\.self)
    if !rest.isEmpty { lines.append(rest.joined(separator: ", ")) }
    return lines.joined(separator: "\n")
  }
}

extension DatastoreStatistics.Requests: CustomStringConvertible {
  /// `2 requests, 501 items, 20,040 bytes, 1 failed`.
  public var description: String {
    var text = "\(counted(count, "request")), \(counted(items, "item"))"
    if bytes > 0 { text += ", \(counted(bytes, "byte"))" }
    if failures > 0 { text += ", \(Limits.grouped(failures)) failed" }
    return text
  }
}

private func counted(_ count: Int, _ noun: String) -> String {
  "\(Limits.grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}
