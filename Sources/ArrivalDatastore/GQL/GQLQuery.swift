// SPDX-License-Identifier: Apache-2.0
/// A query written in GQL, the read-only query language of the Datastore.
///
/// ```swift
/// let open = try GQLQuery(
///   "SELECT * FROM Task WHERE done = @1 AND owner = @2 ORDER BY due LIMIT 20", false, "Ann")
/// let tasks = try await datastore.query(Query(open.request)).fetch().value
/// ```
///
/// ``Datastore/gql(_:_:named:namespace:pageSize:)`` parses and runs a query in one call. <doc:GQL>
/// describes the language.
///
/// Pass values from outside as bindings, never in the text. `@1` and `@2` are the first and second
/// value after the text, and `@name` is an entry of `named`. A binding is always a value, whatever
/// it contains.
public struct GQLQuery: Sendable, Hashable {
  /// The value of a binding such as `@1`, or a cursor for `LIMIT` and `OFFSET`.
  public enum Binding: Sendable, Hashable {
    /// A value to compare with, or the number of a limit or offset.
    case value(Value)
    /// A position in the results.
    case cursor(QueryCursor)
  }

  /// The query. For an aggregation, the query whose results are aggregated.
  public let request: QueryRequest
  /// The aggregations to compute. Empty if the query returns its results.
  public let aggregations: [Aggregation]
  /// The names of the computed values, in order: the name after `AS`, or `property_1` and so on.
  public let aliases: [String]

  /// Reads a query.
  ///
  /// Only the syntax is checked. A query that breaks a rule fails when it runs; see ``Query``.
  ///
  /// - Parameters:
  ///   - text: The query.
  ///   - bindings: The values of `@1`, `@2` and so on. The query must use each of them.
  ///   - named: The values of `@name`. The query need not use all of them.
  ///   - namespace: The namespace of the query, and of keys in it without a namespace.
  /// - Throws: ``TextError`` with the place, what was expected, and a suggestion if there is one.
  public init(
    _ text: String, _ bindings: Binding..., named: [String: Binding] = [:], namespace: String = ""
  ) throws(TextError) {
    try self.init(text, bindings: bindings, named: named, namespace: namespace)
  }

  /// Reads a query with its numbered bindings in an array.
  ///
  /// - Parameters:
  ///   - text: The query.
  ///   - bindings: The values of `@1`, `@2` and so on. The query must use each of them.
  ///   - named: The values of `@name`. The query need not use all of them.
  ///   - namespace: The namespace of the query, and of keys in it without a namespace.
  ///   - project: The project of the query. A key of another one is refused. With `nil`, the
  ///     projects of keys are not checked.
  ///   - allowsLiterals: Whether the text may have values. Without, all of them must be bindings.
  /// - Throws: ``TextError`` with the place, what was expected, and a suggestion if there is one.
  public init(
    _ text: String, bindings: [Binding], named: [String: Binding] = [:], namespace: String = "",
    project: String? = nil, allowsLiterals: Bool = true
  ) throws(TextError) {
    var parser = try GQLParser(
      text, GQLBindings(numbered: bindings, named: named), namespace: namespace, project: project,
      allowsLiterals: allowsLiterals)
    let statement = try parser.statement()
    request = statement.request
    aggregations = statement.aggregations.map(\.aggregation)
    aliases = statement.aggregations.map(\.alias)
  }
}

extension GQLQuery.Binding: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByArrayLiteral
{
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .value(.boolean(value)) }
  /// An integer.
  public init(integerLiteral value: Int64) { self = .value(.integer(value)) }
  /// A double.
  public init(floatLiteral value: Double) { self = .value(.double(value)) }
  /// A string.
  public init(stringLiteral value: String) { self = .value(.string(value)) }
  /// An array.
  public init(arrayLiteral elements: Value...) { self = .value(.array(elements)) }
}
