// SPDX-License-Identifier: Apache-2.0
/// A query as a backend receives it: a `Query` without its Swift type.
///
/// The fields are those of the Datastore API's message `Query`, and the namespace of its partition.
/// Programs make a `Query` instead.
public struct QueryRequest: Sendable {
  /// The name of an entity's key in queries: `__key__`.
  public static let keyProperty = "__key__"

  /// The namespace of the results. Empty for the default one.
  public var namespace: String
  /// The kind of the results. `nil` for entities of every kind.
  public var kind: String?
  /// The condition on the results. `nil` for none.
  public var filter: QueryFilter?
  /// The orders of the results, the most significant first.
  public var orders: [QueryOrder]
  /// The properties to return. Empty for whole entities, `["__key__"]` for keys only.
  public var projection: [String]
  /// Only the first result of each combination of values of these properties is returned.
  public var distinctOn: [String]
  /// The query begins after the result of this cursor.
  public var startCursor: QueryCursor?
  /// The query ends with the result of this cursor.
  public var endCursor: QueryCursor?
  /// Whether the result of ``endCursor`` is left out. The Datastore API has no such field.
  public var excludesEnd = false
  /// How many results to skip at the start, up to 2,147,483,647.
  public var offset: Int
  /// The most results to return. `nil` for all.
  public var limit: Int?
  /// Returns only the results whose vectors are nearest, in the order of their distances.
  public var findNearest: FindNearest?

  /// Makes a request for all entities of a kind, or of every kind.
  public init(kind: String? = nil, namespace: String = "") {
    self.namespace = namespace
    self.kind = kind
    orders = []
    projection = []
    distinctOn = []
    offset = 0
  }
}

/// A condition on the results of a query, as a backend receives it.
public indirect enum QueryFilter: Sendable {
  /// How a property is compared.
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// A value of the property equals the given one.
    case equal = "="
    /// A value of the property differs from the given one.
    case notEqual = "!="
    /// A value of the property comes before the given one.
    case lessThan = "<"
    /// A value of the property equals the given one or comes before it.
    case lessThanOrEqual = "<="
    /// A value of the property comes after the given one.
    case greaterThan = ">"
    /// A value of the property equals the given one or comes after it.
    case greaterThanOrEqual = ">="
    /// A value of the property equals an element of the given array.
    case isIn = "IN"
    /// A value of the property equals no element of the given array.
    case isNotIn = "NOT IN"
  }

  /// Compares a property. A nested property is `outer.inner`, the key is `__key__`.
  case property(String, Comparison, Value)
  /// Matches the entity of this key and its descendants.
  case ancestor(Key)
  /// Fulfils all of these. There must be at least one.
  case and([QueryFilter])
  /// Fulfils at least one of these. There must be at least one.
  case or([QueryFilter])
}

/// An order of a query.
public struct QueryOrder: Sendable {
  /// The direction of an order.
  public enum Direction: Sendable, Hashable {
    /// The smallest value first.
    case ascending
    /// The largest value first.
    case descending
  }

  /// The property's name. A nested property is `outer.inner`, the key is `__key__`.
  public var property: String
  /// The direction.
  public var direction: Direction

  /// Makes an order.
  public init(_ property: String, _ direction: Direction = .ascending) {
    self.property = property
    self.direction = direction
  }
}

/// Results of a query, in order: a page, or the part of it that the backend has found.
public struct QueryReply: Sendable, Hashable {
  /// A result and its position.
  public struct Item: Sendable, Hashable {
    /// The entity. It has only the projected properties, or none if the query returns only keys.
    public var entity: Entity
    /// A query that starts at this cursor continues after this result.
    public var cursor: QueryCursor

    /// Makes a result.
    public init(entity: Entity, cursor: QueryCursor) {
      self.entity = entity
      self.cursor = cursor
    }
  }

  /// Whether more results follow.
  public enum More: Sendable, Hashable {
    /// The backend has not finished. Continue from ``QueryReply/endCursor``.
    case notFinished
    /// The limit was reached. More results may follow.
    case afterLimit
    /// The end cursor was reached. More results may follow.
    case afterCursor
    /// No results follow.
    case none
  }

  /// The results.
  public var items: [Item]
  /// How many results were skipped for the offset.
  public var skipped: Int
  /// The position after the last skipped result. `nil` if none was skipped, or the backend does
  /// not say.
  public var skippedCursor: QueryCursor?
  /// The position after the last of these results.
  public var endCursor: QueryCursor
  /// Whether more results follow.
  public var more: More
  /// The transaction that began with this request, if one did.
  public var transaction: TransactionID?
  /// The time whose state was read. `nil` if the backend does not say.
  public var readTime: Timestamp?
  /// The version of the state that was read, as ``LookupReply/snapshotVersion``.
  public var snapshotVersion: Int64?
  /// How the query was answered, if the request asked for it.
  public var explainMetrics: ExplainMetrics?

  /// Makes a reply.
  public init(
    items: [Item], skipped: Int = 0, endCursor: QueryCursor, more: More,
    transaction: TransactionID? = nil, readTime: Timestamp? = nil,
    explainMetrics: ExplainMetrics? = nil
  ) {
    self.readTime = readTime
    self.explainMetrics = explainMetrics
    self.transaction = transaction
    self.items = items
    self.skipped = skipped
    self.endCursor = endCursor
    self.more = more
  }
}
