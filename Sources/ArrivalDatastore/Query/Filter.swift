// SPDX-License-Identifier: Apache-2.0
/// A condition on the results of a query, checked against the type of the results.
///
/// Make filters by comparing a key path or a ``Property``, and join them with `&&` and `||`:
///
/// ```swift
/// Query(Account.self).where(\.balance > 100 && (\.city == "Oslo" || \.city == "Rome"))
/// Query(kind: "Account").where(Property("balance") > 100 && .in("city", ["Oslo", "Rome"]))
/// ```
///
/// The rules are those of the Datastore:
/// - An entity that lacks the property, or has it unindexed, fulfils no comparison, not even `!=`.
/// - An array fulfils a comparison if one of its elements does. If a filter compares one property
///   several times by `<`, `<=`, `>`, `>=` or `!=`, the same element must fulfil all of these. Each
///   `==` may be fulfilled by a different element.
/// - Values of all types have one order: null, integers and timestamps (by their microseconds),
///   `false`, `true`, strings and bytes (by their bytes), doubles, geographical points, keys. So
///   every string fulfils `> 5`, and the integer 5 does not equal the double 5.0.
public struct Filter<Root>: Sendable {
  /// The filter as it is sent, or the error that fails the query's futures.
  let content: Result<QueryFilter, DatastoreError>

  init(_ content: Result<QueryFilter, DatastoreError>) { self.content = content }

  init(_ property: Property, _ comparison: QueryFilter.Comparison, _ value: Value) {
    content = .success(.property(property.name, comparison, value))
  }

  /// Makes a filter from the form in which it is sent.
  package init(_ filter: QueryFilter) { content = .success(filter) }

  /// A value of the property equals one of these. At most 30.
  public static func `in`(_ property: Property, _ values: [Value]) -> Filter {
    Filter(property, .isIn, .array(values))
  }

  /// A value of the property equals none of these. At most 10.
  public static func notIn(_ property: Property, _ values: [Value]) -> Filter {
    Filter(property, .isNotIn, .array(values))
  }

  /// Both are fulfilled.
  public static func && (a: Filter, b: Filter) -> Filter {
    join(a, b) { a, b in
      if case .and(let parts) = a { .and(parts + [b]) } else { .and([a, b]) }
    }
  }

  /// At least one is fulfilled.
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

/// A property by its name, for queries without a Swift type.
///
/// A nested property is `outer.inner`. ``key`` is the entity's key.
public struct Property: Sendable, Hashable {
  /// The name. Names are compared byte for byte.
  public var name: String

  /// Whether two properties have the same name.
  public static func == (a: Property, b: Property) -> Bool { identicalText(a.name, b.name) }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(text: name) }

  /// Makes a property from its name.
  public init(_ name: String) { self.name = name }

  /// The entity's key.
  public static let key = Property("__key__")

  /// A value equals this one.
  public static func == <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .equal, value)
  }

  /// A value differs from this one.
  public static func != <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .notEqual, value)
  }

  /// A value comes before this one.
  public static func < <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .lessThan, value)
  }

  /// A value equals this one or comes before it.
  public static func <= <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .lessThanOrEqual, value)
  }

  /// A value comes after this one.
  public static func > <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .greaterThan, value)
  }

  /// A value equals this one or comes after it.
  public static func >= <Root>(property: Property, value: Value) -> Filter<Root> {
    Filter(property, .greaterThanOrEqual, value)
  }
}

extension Property: ExpressibleByStringLiteral {
  /// The property of this name.
  public init(stringLiteral name: String) { self.name = name }
}
