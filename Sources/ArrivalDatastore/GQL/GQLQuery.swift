/// A query written in GQL, the read-only query language of the Datastore.
///
/// ```swift
/// let open = try GQLQuery(
///   "SELECT * FROM Task WHERE done = @1 AND owner = @2 ORDER BY due LIMIT 20", false, "Ann")
/// let tasks = try await datastore.query(Query(open.request)).fetch().value
/// ```
///
/// The shortest way is ``Datastore/gql(_:_:named:namespace:pageSize:)``. <doc:GQL> describes
/// the language.
///
/// Values from outside belong into bindings, never into the text: `@1`, `@2` stand for the values
/// that follow the text, in order, and `@name` for those of `named`. A binding is a value and
/// cannot become anything else, whatever it contains.
public struct GQLQuery: Sendable, Hashable {
  /// What stands for a binding site: a value, or a cursor in `LIMIT` and `OFFSET`.
  public enum Binding: Sendable, Hashable {
    /// A value to compare with, or the number of a limit or an offset.
    case value(Value)
    /// A place in the results.
    case cursor(QueryCursor)
  }

  /// The query; of an aggregation, the one whose results are aggregated.
  public let request: QueryRequest
  /// What to compute over the results; empty if the query asks for the results themselves.
  public let aggregations: [Aggregation]
  /// The names of the values computed, one each: those behind `AS`, else `property_1` and so on.
  public let aliases: [String]

  /// Reads a query.
  ///
  /// Only the form is checked; a query that breaks a rule fails when it is asked, see ``Query``.
  ///
  /// - Parameters:
  ///   - text: The query.
  ///   - bindings: What stands for `@1`, `@2` and so on. Each has to be used.
  ///   - named: What stands for `@name`. Names that the query does not use are left alone.
  ///   - namespace: The namespace of the query, and of those keys in it that name none.
  /// - Throws: ``TextError`` with the place, what was expected, and a suggestion.
  public init(
    _ text: String, _ bindings: Binding..., named: [String: Binding] = [:], namespace: String = ""
  ) throws(TextError) {
    try self.init(text, bindings: bindings, named: named, namespace: namespace)
  }

  /// Reads a query whose numbered bindings come as an array.
  ///
  /// - Parameters:
  ///   - text: The query.
  ///   - bindings: What stands for `@1`, `@2` and so on. Each has to be used.
  ///   - named: What stands for `@name`. Names that the query does not use are left alone.
  ///   - namespace: The namespace of the query, and of those keys in it that name none.
  /// - Throws: ``TextError`` with the place, what was expected, and a suggestion.
  public init(
    _ text: String, bindings: [Binding], named: [String: Binding] = [:], namespace: String = ""
  ) throws(TextError) {
    var parser = try GQLParser(
      text, GQLBindings(numbered: bindings, named: named), namespace: namespace)
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
