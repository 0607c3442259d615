/// What the results of a query have to fulfil, checked against the type of the results.
///
/// Comparisons of a key path or a ``Property`` make filters; `&&` and `||` join them:
///
/// ```swift
/// Query(Account.self).where(\.balance > 100 && (\.city == "Oslo" || \.city == "Rome"))
/// Query(kind: "Account").where(Property("balance") > 100 && .in("city", ["Oslo", "Rome"]))
/// ```
///
/// The rules are the Datastore's:
/// - An entity without the property, or with an unindexed one, fulfils no comparison, not even
///   `!=`.
/// - An array fulfils a comparison if one of its elements does. Several `<`, `<=`, `>`, `>=`, `!=`
///   of one property have to be fulfilled by the same element; `==` by any of its own.
/// - Values of all types have one order: null, integers and timestamps (by their microseconds),
///   `false`, `true`, strings and bytes (by their bytes), doubles, places, keys. So `> 5` is
///   fulfilled by every string too, and the integer 5 does not equal the double 5.0.
public struct Filter<Root>: Sendable {
  /// The filter as it travels; or why it cannot, which then fails the query's futures.
  let content: Result<QueryFilter, DatastoreError>

  init(_ content: Result<QueryFilter, DatastoreError>) { self.content = content }

  init(_ property: Property, _ comparison: QueryFilter.Comparison, _ value: Value) {
    content = .success(.property(property.name, comparison, value))
  }

  /// Makes a filter of its travelling form.
  public init(_ filter: QueryFilter) { content = .success(filter) }

  /// Some value of the property equals one of these; at most 30.
  public static func `in`(_ property: Property, _ values: [Value]) -> Filter {
    Filter(property, .isIn, .array(values))
  }

  /// Some value of the property equals none of these; at most 10.
  public static func notIn(_ property: Property, _ values: [Value]) -> Filter {
    Filter(property, .isNotIn, .array(values))
  }

  /// Both are fulfilled.
  public static func && (a: Filter, b: Filter) -> Filter {
    join(a, b) { a, b in
      if case .and(let parts) = a { .and(parts + [b]) } else { .and([a, b]) }
    }
  }

  /// One of them is fulfilled, or both.
  public static func || (a: Filter, b: Filter) -> Filter {
    join(a, b) { a, b in
      if case .or(let parts) = a { .or(parts + [b]) } else { .or([a, b]) }
    }
  }

  private static func join(
    _ a: Filter, _ b: Filter, _ body: (QueryFilter, QueryFilter) -> QueryFilter
  ) -> Filter {
    Filter(a.content.flatMap { a in b.content.map { b in body(a, b) } })
  }
}

/// A property by its name, for queries that no Swift type describes.
///
/// A nested property is `outer.inner`; ``key`` is the entity's key.
public struct Property: Sendable, Hashable {
  /// The name.
  public var name: String

  /// Makes a property of its name.
  public init(_ name: String) { self.name = name }

  /// The entity's key.
  public static let key = Property("__key__")

  /// Some value equals this one.
  public static func == <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .equal, value)
  }

  /// Some value is another one than this.
  public static func != <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .notEqual, value)
  }

  /// Some value comes before this one.
  public static func < <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .lessThan, value)
  }

  /// Some value equals this one or comes before it.
  public static func <= <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .lessThanOrEqual, value)
  }

  /// Some value comes after this one.
  public static func > <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .greaterThan, value)
  }

  /// Some value equals this one or comes after it.
  public static func >= <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .greaterThanOrEqual, value)
  }
}

extension Property: ExpressibleByStringLiteral {
  /// The property of this name.
  public init(stringLiteral name: String) { self.name = name }
}
