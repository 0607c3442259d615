/// A query as it travels to a backend: what `Query` is without its Swift type.
///
/// The fields are those of the Datastore API's message `Query` with the namespace of its partition.
/// Backends receive it; programs make a `Query`.
public struct QueryRequest: Sendable, Hashable {
  /// The name that queries have for an entity's key: `__key__`.
  public static let keyProperty = "__key__"

  /// The namespace all results lie in; empty for the default one.
  public var namespace: String
  /// The kind of the results; `nil` for entities of every kind.
  public var kind: String?
  /// What the results have to fulfil; `nil` for nothing.
  public var filter: QueryFilter?
  /// How the results are ordered, the most significant first.
  public var orders: [QueryOrder]
  /// The properties that come back; empty for whole entities, `["__key__"]` for keys alone.
  public var projection: [String]
  /// The properties of whose combinations of values only the first result each comes back.
  public var distinctOn: [String]
  /// Where to begin: after the result that this cursor came with.
  public var startCursor: QueryCursor?
  /// Where to end: with the result that this cursor came with.
  public var endCursor: QueryCursor?
  /// How many results to pass over after the start; up to 2,147,483,647.
  public var offset: Int
  /// The most results to return; `nil` for all.
  public var limit: Int?

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

/// What results have to fulfil, as it travels to a backend.
public indirect enum QueryFilter: Sendable, Hashable {
  /// How a property is compared.
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// Some value of the property equals the given one.
    case equal = "="
    /// Some value of the property is another one.
    case notEqual = "!="
    /// Some value of the property comes before the given one.
    case lessThan = "<"
    /// Some value of the property equals the given one or comes before it.
    case lessThanOrEqual = "<="
    /// Some value of the property comes after the given one.
    case greaterThan = ">"
    /// Some value of the property equals the given one or comes after it.
    case greaterThanOrEqual = ">="
    /// Some value of the property equals an element of the given array.
    case isIn = "IN"
    /// Some value of the property equals no element of the given array.
    case isNotIn = "NOT IN"
  }

  /// Compares a property, a nested one as `outer.inner`, or the key as `__key__`.
  case property(String, Comparison, Value)
  /// The entity of this key and all that descend from it.
  case ancestor(Key)
  /// Fulfils all of these, of which there is at least one.
  case and([QueryFilter])
  /// Fulfils any of these, of which there is at least one.
  case or([QueryFilter])
}

/// One of a query's orders.
public struct QueryOrder: Sendable, Hashable {
  /// Which way results are ordered.
  public enum Direction: Sendable, Hashable {
    /// The smallest first.
    case ascending
    /// The largest first.
    case descending
  }

  /// The property's name, a nested one's as `outer.inner`, or `__key__`.
  public var property: String
  /// Which way.
  public var direction: Direction

  /// Makes an order.
  public init(_ property: String, _ direction: Direction = .ascending) {
    self.property = property
    self.direction = direction
  }
}

/// Some results of a query, in order: a page, or as much of it as the backend got to.
public struct QueryReply: Sendable, Hashable {
  /// One result and its place.
  public struct Item: Sendable, Hashable {
    /// The entity; with the projected properties alone, or with none for keys alone.
    public var entity: Entity
    /// A query that starts here goes on after this result.
    public var cursor: QueryCursor

    /// Makes a result.
    public init(entity: Entity, cursor: QueryCursor) {
      self.entity = entity
      self.cursor = cursor
    }
  }

  /// Whether there is more.
  public enum More: Sendable, Hashable {
    /// The backend stopped for its own reasons; ask again from ``QueryReply/endCursor``.
    case notFinished
    /// The limit was reached, and there may be more results after it.
    case afterLimit
    /// The end cursor was reached, and there may be more results after it.
    case afterCursor
    /// There is nothing more.
    case none
  }

  /// The results.
  public var items: [Item]
  /// How many results were passed over for the offset.
  public var skipped: Int
  /// Where a query goes on after all of these.
  public var endCursor: QueryCursor
  /// Whether there is more.
  public var more: More
  /// The transaction that began with the query.
  public var transaction: TransactionID?

  /// Makes a reply.
  public init(
    items: [Item], skipped: Int = 0, endCursor: QueryCursor, more: More,
    transaction: TransactionID? = nil
  ) {
    self.transaction = transaction
    self.items = items
    self.skipped = skipped
    self.endCursor = endCursor
    self.more = more
  }
}
