// SPDX-License-Identifier: Apache-2.0
/// How a ``Datastore`` combines calls into requests.
public struct DatastoreConfiguration: Sendable, Hashable {
  /// The limits of the Datastore API, with two commits and eight lookups at a time.
  public static let `default` = DatastoreConfiguration()

  /// For a server across a network: commits of up to 3 MiB, eight at a time.
  ///
  /// The bytes are counted as `Limits` counts them. The message is larger, and must stay under
  /// 4 MiB, the limit of some servers.
  public static let remote = DatastoreConfiguration(
    maxCommitBytes: 3 * 1_024 * 1_024, maxConcurrentCommits: 8)

  /// The most keys in one lookup, 1 to 1,000. Default: 1,000.
  public var maxLookupKeys: Int
  /// The most mutations in one commit, 1 to 500. Default: 500.
  public var maxCommitMutations: Int
  /// The most bytes of entities in one commit.
  ///
  /// Default: 8 MiB, which leaves room for framing in a request of at most 10 MiB. A larger single
  /// entity is sent alone.
  public var maxCommitBytes: Int
  /// The most concurrent lookups. `nil` for no limit. Default: 8.
  public var maxConcurrentLookups: Int?
  /// The most concurrent commits. `nil` for no limit. Default: 2.
  ///
  /// While one commit is written, the next is prepared, and the one after that grows. Raise it for
  /// a remote backend, and for an import into `SQLiteBackend`, which writes waiting commits
  /// together.
  public var maxConcurrentCommits: Int?
  /// The longest time that a request waits for further calls when quiescence cannot show that there
  /// are none. Default: 100 µs.
  public var maxDelay: Duration
  /// The namespace of all keys and queries. Default: empty, for no rule.
  ///
  /// With one, keys, ancestors, values that are keys, and queries without a namespace get this one,
  /// and the keys that come back have it. Any other namespace is refused with `invalidArgument`. So
  /// no call reaches another tenant.
  public var namespace: String

  /// Makes a configuration. Values above the limits of the API are lowered.
  public init(
    maxLookupKeys: Int = Limits.lookupKeys, maxCommitMutations: Int = Limits.commitMutations,
    maxCommitBytes: Int = 8 * 1_024 * 1_024, maxConcurrentLookups: Int? = 8,
    maxConcurrentCommits: Int? = 2, maxDelay: Duration = .microseconds(100),
    namespace: String = ""
  ) {
    self.namespace = namespace
    self.maxLookupKeys = min(max(maxLookupKeys, 1), Limits.lookupKeys)
    self.maxCommitMutations = min(max(maxCommitMutations, 1), Limits.commitMutations)
    self.maxCommitBytes = min(max(maxCommitBytes, 1), Limits.requestBytes)
    self.maxConcurrentLookups = maxConcurrentLookups.map { max($0, 1) }
    self.maxConcurrentCommits = maxConcurrentCommits.map { max($0, 1) }
    self.maxDelay = max(maxDelay, .zero)
  }
}
