// SPDX-License-Identifier: Apache-2.0
/// What a read sees, and how much of it it returns: the Datastore API's `ReadOptions`, with the
/// masks and explanations that the API has beside them.
public struct ReadOptions: Sendable {
  /// The state that a read sees.
  public enum Consistency: Sendable, Hashable {
    /// Every commit that returned before the read began.
    case strong
    /// Perhaps an older state. The backends of this package read as with `strong`.
    case eventual
    /// The state of an earlier time.
    case readTime(Timestamp)
    /// The state of a transaction.
    case transaction(TransactionSelector)
  }

  /// The state that the read sees.
  public var consistency: Consistency
  /// The properties to return. `nil` for all. The form is that of ``Mutation/propertyMask``.
  public var propertyMask: [String]?
  /// Whether a query is explained. `nil` for not at all. A lookup ignores it.
  public var explainOptions: ExplainOptions?

  /// Makes options.
  public init(
    _ consistency: Consistency = .strong, propertyMask: [String]? = nil,
    explainOptions: ExplainOptions? = nil
  ) {
    self.consistency = consistency
    self.propertyMask = propertyMask
    self.explainOptions = explainOptions
  }

  /// Options for the state of an earlier time.
  public init(readTime: Timestamp, propertyMask: [String]? = nil) {
    self.init(.readTime(readTime), propertyMask: propertyMask)
  }

  /// The transaction of the read, if there is one.
  public var transaction: TransactionSelector? {
    if case .transaction(let selector) = consistency { selector } else { nil }
  }
}

/// How a query is explained.
public struct ExplainOptions: Sendable, Hashable {
  /// Whether the query is also run. Without it, the reply has the plan and no results.
  public var analyze: Bool

  /// Makes options.
  public init(analyze: Bool = false) { self.analyze = analyze }
}

/// How a query is or was answered.
public struct ExplainMetrics: Sendable, Hashable {
  /// An index that answers a part of the query.
  public struct Index: Sendable, Hashable {
    /// Its properties and their directions, such as `(city ASC, __name__ ASC)`.
    public var properties: String
    /// What it covers: `Collection` for one kind, `Includes ancestors` with ancestors.
    public var queryScope: String

    /// Makes the description of an index.
    public init(properties: String, queryScope: String) {
      self.properties = properties
      self.queryScope = queryScope
    }
  }

  /// What running the query took.
  public struct ExecutionStats: Sendable, Hashable {
    /// How many results the reply has.
    public var resultsReturned: Int
    /// How long the query ran.
    public var executionDuration: Duration
    /// How many entities or index entries had to be read, as the API bills them.
    public var readOperations: Int
    /// Further numbers, such as `index_entries_scanned`.
    public var debugStats: [String: String]

    /// Makes statistics.
    public init(
      resultsReturned: Int, executionDuration: Duration, readOperations: Int,
      debugStats: [String: String] = [:]
    ) {
      self.resultsReturned = resultsReturned
      self.executionDuration = executionDuration
      self.readOperations = readOperations
      self.debugStats = debugStats
    }
  }

  /// The indexes of the plan.
  public var indexesUsed: [Index]
  /// What running the query took. `nil` if it was not run.
  public var executionStats: ExecutionStats?

  /// Makes metrics.
  public init(indexesUsed: [Index], executionStats: ExecutionStats? = nil) {
    self.indexesUsed = indexesUsed
    self.executionStats = executionStats
  }
}
