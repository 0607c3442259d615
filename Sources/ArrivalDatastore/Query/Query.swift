// SPDX-License-Identifier: Apache-2.0
/// A query of a ``Datastore``: which entities, in which order, and how many.
///
/// A query is a value and belongs to no datastore. Each method returns a changed copy.
/// ``Datastore/query(_:pageSize:)`` gives its results.
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
/// - An entity is found only if it has an indexed value of each property that the query compares,
///   orders by or selects. ``Filter`` says how values are compared.
/// - With an order, equal results come in the order of their keys, in the direction of the last
///   order. Without one, results are ordered by the properties that every part of the filter
///   compares by anything but `==` and `in`, then by the selected properties, then by key.
/// - An array is ordered by the smallest of its values that fulfil the comparisons, or by the
///   largest if the order is descending.
/// - Each entity comes once, or with `select` or `distinct` once for each combination of values.
/// - A query that breaks a rule fails its futures with `invalidArgument` before anything is sent.
///   The error names the property.
public struct Query<Element: Sendable>: Sendable {
  /// The query as it is sent.
  package internal(set) var request: QueryRequest
  /// Makes a result of an entity.
  let decode: @Sendable (Entity) throws -> Element
  /// Why the query cannot be sent, such as a key path that reads no property.
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

  /// Searches this namespace instead of the default one.
  public func inNamespace(_ namespace: String) -> Query { changed { $0.namespace = namespace } }

  /// Finds only the entity of this key and its descendants, in the key's namespace.
  public func ancestor(_ key: Key) -> Query {
    changed { request in
      request.namespace = key.namespace
      request.filter = Self.both(request.filter, .ancestor(key))
    }
  }

  /// Finds only entities that fulfil this filter and all earlier filters.
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

  /// Orders by a property, after the earlier orders.
  public func order(
    by property: Property, _ direction: QueryOrder.Direction = .ascending
  ) -> Query {
    changed { $0.orders.append(QueryOrder(property.name, direction)) }
  }

  /// Keeps only the first result of each combination of values of these properties.
  ///
  /// The first orders must be by these properties. Missing orders are added.
  public func distinct(on properties: Property...) -> Query {
    changed { $0.distinctOn += properties.map(\.name) }
  }

  /// Returns at most this many results. Replaces an earlier limit.
  public func limit(_ limit: Int?) -> Query { changed { $0.limit = limit } }

  /// Skips this many results. The backend has to find each of them, so prefer a cursor.
  ///
  /// An offset over 2,147,483,647 is refused, as the Datastore API does.
  public func offset(_ offset: Int) -> Query { changed { $0.offset = offset } }

  /// Continues after a cursor. `nil` begins with the first result.
  public func starting(after cursor: QueryCursor?) -> Query {
    changed { $0.startCursor = cursor }
  }

  /// Ends at a cursor. `nil` ends with the last result.
  public func ending(at cursor: QueryCursor?) -> Query {
    changed {
      $0.endCursor = cursor
      $0.excludesEnd = false
    }
  }

  /// Ends before the result of a cursor, which is not a result then.
  ///
  /// With `nil`, it ends with the last result.
  public func ending(before cursor: QueryCursor?) -> Query {
    changed {
      $0.endCursor = cursor
      $0.excludesEnd = cursor != nil
    }
  }

  /// Returns only the results whose vectors are nearest to a given one, the nearest first.
  ///
  /// ```swift
  /// let search = FindNearest("embedding", to: vector, .cosine, limit: 10)
  /// let similar = try await datastore.query(Query(Page.self).findNearest(search)).fetch().value
  /// ```
  public func findNearest(_ search: FindNearest) -> Query { changed { $0.findNearest = search } }

  /// Returns only keys, so that no entity has to be read. Call it after `where` and `order`.
  public func keysOnly() -> Query<Key> {
    var request = request
    request.projection = ["__key__"]
    return Query<Key>(request, problem: problem) { try Self.key(of: $0) }
  }

  /// Returns only these properties, once for each combination of their values. Call it after
  /// `where` and `order`.
  ///
  /// A selected property may not be compared by `==` or `in`, because its value would be known.
  public func select(_ properties: Property...) -> Query<Entity> {
    var request = request
    request.projection = properties.map(\.name)
    return Query<Entity>(request, problem: problem) { $0 }
  }

  /// The query within the namespace that the calling code is confined to.
  func scoped(_ core: DatastoreCore) -> Query {
    var copy = self
    do throws(DatastoreError) {
      if let scope = try core.scope() { copy.request = try scope.request(request) }
    } catch {
      copy.problem = problem ?? error
    }
    return copy
  }

  private static func key(of entity: Entity) throws(DatastoreError) -> Key {
    if let key = entity.key { return key }
    throw DatastoreError(
      .internal,
      "The backend returned an entity without a key. Report this as a fault of the backend.")
  }
}

extension Query where Element == Entity {
  /// All entities of a kind.
  public init(kind: String) { self.init(QueryRequest(kind: kind)) { $0 } }

  /// All entities of every kind. They can be filtered only by key and ancestor.
  public init() { self.init(QueryRequest()) { $0 } }

  /// Makes a query from the form in which it is sent.
  public init(_ request: QueryRequest) { self.init(request) { $0 } }
}
