/// A question to a ``Datastore``: which entities, in which order, how much of them.
///
/// A query is a value that belongs to no datastore; each method gives a changed copy.
/// ``Datastore/query(_:pageSize:)`` asks it.
///
/// ```swift
/// let rich = Query(Account.self).where(\.balance > 100).order(by: \.balance, .descending)
/// let top: [Account] = try await datastore.query(rich).fetch(limit: 20).value
/// let count: Int = try await datastore.query(rich).count().value
///
/// let old = Query(kind: "Log").where(Property("day") < "2026-01-01").keysOnly()
/// for try await key in datastore.query(old) { datastore.delete(key) }
/// ```
///
/// ### What it finds
/// - An entity has to have an indexed value of each property that the query compares, orders by or
///   selects; see ``Filter`` for how values are compared.
/// - Without an order, results come in the order of the properties that every part of the filter
///   compares by anything but `==` and `in`, then of those selected, then of their keys. With one,
///   equal results come in the order of their keys, in the direction of the last order. An array
///   counts with its smallest value, or with its largest where the order is descending, among those
///   that fulfil the comparisons.
/// - Each entity comes once; with `select` or `distinct` once for each combination of
///   values.
/// - A query that breaks a rule fails its futures with `invalidArgument`, naming the property,
///   before anything is sent.
public struct Query<Element: Sendable>: Sendable {
  /// The query as it travels.
  public internal(set) var request: QueryRequest
  /// How a result becomes what the program asked for.
  let decode: @Sendable (Entity) throws -> Element
  /// Why it cannot be asked: a key path without a property, for instance.
  var problem: DatastoreError?

  init(
    _ request: QueryRequest, problem: DatastoreError? = nil,
    decode: @escaping @Sendable (Entity) throws -> Element
  ) {
    self.request = request
    self.problem = problem
    self.decode = decode
  }

  func changed(_ change: (inout QueryRequest) -> Void) -> Query {
    var copy = self
    change(&copy.request)
    return copy
  }

  /// In this namespace; the default one unless said.
  public func inNamespace(_ namespace: String) -> Query { changed { $0.namespace = namespace } }

  /// Only the entity of this key and those that descend from it; in the key's namespace.
  public func ancestor(_ key: Key) -> Query {
    changed { request in
      request.namespace = key.namespace
      request.filter = Self.both(request.filter, .ancestor(key))
    }
  }

  /// Only what fulfils this filter, besides those given before.
  public func `where`(_ filter: Filter<Element>) -> Query {
    var copy = self
    switch filter.content {
    case .success(let filter): copy.request.filter = Self.both(request.filter, filter)
    case .failure(let error): copy.problem = problem ?? error
    }
    return copy
  }

  private static func both(_ a: QueryFilter?, _ b: QueryFilter) -> QueryFilter {
    switch a {
    case nil: b
    case .and(let parts)?: .and(parts + [b])
    case let a?: .and([a, b])
    }
  }

  /// Ordered by a property, after the orders given before.
  public func order(
    by property: Property, _ direction: QueryOrder.Direction = .ascending
  ) -> Query {
    changed { $0.orders.append(QueryOrder(property.name, direction)) }
  }

  /// Only the first result of each combination of values of these properties.
  ///
  /// The first orders must be by these properties; those that are missing are added.
  public func distinct(on properties: Property...) -> Query {
    changed { $0.distinctOn += properties.map(\.name) }
  }

  /// At most so many results; replaces a limit given before.
  public func limit(_ limit: Int?) -> Query { changed { $0.limit = limit } }

  /// Passes over so many results, each of which the backend has to find: prefer a cursor.
  ///
  /// Over 2,147,483,647 are refused, as the Datastore API does.
  public func offset(_ offset: Int) -> Query { changed { $0.offset = offset } }

  /// Goes on after the place of a cursor; `nil` begins at the beginning.
  public func starting(after cursor: QueryCursor?) -> Query {
    changed { $0.startCursor = cursor }
  }

  /// Ends with the place of a cursor; `nil` goes to the end.
  public func ending(at cursor: QueryCursor?) -> Query { changed { $0.endCursor = cursor } }

  /// The keys alone, for which no entity has to be read; call it after `where` and `order`.
  public func keysOnly() -> Query<Key> {
    var request = request
    request.projection = ["__key__"]
    return Query<Key>(request, problem: problem) { try Self.key(of: $0) }
  }

  /// These properties alone, once for each combination of their values; call it after `where` and
  /// `order`.
  ///
  /// A selected property may not be compared by `==` or `in`, for its value would be known.
  public func select(_ properties: Property...) -> Query<Entity> {
    var request = request
    request.projection = properties.map(\.name)
    return Query<Entity>(request, problem: problem) { $0 }
  }

  private static func key(of entity: Entity) throws(DatastoreError) -> Key {
    if let key = entity.key { return key }
    throw DatastoreError(
      .internal,
      "The backend returned an entity without key. Report this as a fault of the backend.")
  }
}

extension Query where Element == Entity {
  /// All entities of a kind.
  public init(kind: String) { self.init(QueryRequest(kind: kind)) { $0 } }

  /// All entities of every kind; they can be narrowed by key and ancestor alone.
  public init() { self.init(QueryRequest()) { $0 } }

  /// A query from its travelling form.
  public init(_ request: QueryRequest) { self.init(request) { $0 } }
}
